import { expect } from 'chai';
import { objectionTo, writeBlessing } from '../../../src/promotion/blessing.js';
import type { ModelVersion } from '../../../src/registry/model-registry.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { writePackage } from '../../support/package-folders.js';

function version(tags: Record<string, string>): ModelVersion {
  return { name: 'toy', version: '1', runId: undefined, tags: new Map(Object.entries(tags)) };
}

describe('objectionTo', () => {
  const blessed = { blessing: 'blessed', blessing_digest: 'sha256:1', package_digest: 'sha256:1' };

  it('has none to a version that was blessed for its bytes', () => {
    expect(objectionTo(version(blessed))).to.equal(undefined);
  });

  const cases: Record<string, [tags: Record<string, string>, words: string]> = {
    'no blessing': [{ package_digest: 'sha256:1' }, 'it has no blessing; run bless first'],
    'a blessing that was refused': [
      { ...blessed, blessing: 'refused', blessing_reason: 'GOLDEN_MISMATCH: row 3' },
      'its blessing was refused: GOLDEN_MISMATCH: row 3',
    ],
    'a refusal without reason': [
      { ...blessed, blessing: 'refused' },
      'its blessing was refused: no reason given',
    ],
    'a verdict that is neither': [
      { ...blessed, blessing: 'Blessed' },
      'its blessing was refused: no reason given',
    ],
    'a blessing for other bytes': [
      { ...blessed, blessing_digest: 'sha256:2' },
      'its blessing was given to other bytes; run bless again',
    ],
    'a blessing without digest': [
      { blessing: 'blessed', package_digest: 'sha256:1' },
      'its blessing was given to other bytes; run bless again',
    ],
    'a blessing of a version without digest': [
      { blessing: 'blessed', blessing_digest: 'sha256:1' },
      'its blessing was given to other bytes; run bless again',
    ],
  };
  for (const [what, [tags, words]] of Object.entries(cases)) {
    it(`objects to ${what}`, () => {
      expect(objectionTo(version(tags))).to.equal(words);
    });
  }

  it('objects to a blessing without any digest, on either side', () => {
    expect(objectionTo(version({ blessing: 'blessed' }))).to.be.a('string');
  });
});

describe('writeBlessing', () => {
  it('writes the verdict last, so that none stands without the digest it is about', async () => {
    const registry = new FakeRegistry();
    registry.register(writePackage());
    await writeBlessing(registry, version({}), {
      verdict: 'blessed',
      digest: 'sha256:1',
      reason: 'fine',
      at: new Date(Date.UTC(2026, 0, 1)),
    });
    expect(registry.calls).to.deep.equal([
      'setModelVersionTag toy 1 blessing_digest sha256:1',
      'setModelVersionTag toy 1 blessing_reason fine',
      'setModelVersionTag toy 1 blessed_at 2026-01-01T00:00:00.000Z',
      'setModelVersionTag toy 1 blessing blessed',
    ]);
  });
});
