import { expect } from 'chai';
import {
  quarantineOf,
  quarantinesIn,
  quarantineTag,
  readTrafficPolicy,
  UnreadablePolicy,
  writeQuarantine,
  writeTrafficPolicy,
  type Quarantine,
} from '../../../src/registry/traffic-tags.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const OTHER = `sha256:${'fedcba9876543210'.repeat(4)}`;

function quarantine(members: Partial<Quarantine> = {}): Quarantine {
  return {
    version: '7',
    digest: DIGEST,
    at: '2026-01-02T03:04:05.000Z',
    by: 'rollout',
    reason: '5 of 100 requests failed',
    cause: 'errors',
    ...members,
  };
}

describe('the tags of live traffic', () => {
  describe('a policy', () => {
    const written = {
      'nobody but the champion': {},
      'a canary': { canary: { version: '7', percent: 12.34 } },
      'every role': {
        canary: { version: '7', percent: 0 },
        shadow: { version: '8', percent: 100 },
        standby: { version: '6' },
      },
    };
    for (const [what, policy] of Object.entries(written)) {
      it(`with ${what} is read as it was written`, () => {
        expect(readTrafficPolicy(writeTrafficPolicy(policy))).to.deep.equal(policy);
      });
    }

    it('of a newer release is read as far as it is understood', () => {
      const text =
        '{"canary":{"version":"7","percent":5,"until":"noon"},"mirror":{"version":"9"},"format":2}';
      expect(readTrafficPolicy(text)).to.deep.equal({ canary: { version: '7', percent: 5 } });
    });

    it('is written in one form, whatever the order of its members', () => {
      const one = writeTrafficPolicy({ standby: { version: '6' }, canary: { percent: 5, version: '7' } });
      expect(one).to.equal('{"canary":{"version":"7","percent":5},"standby":{"version":"6"}}');
    });

    it('may have the percents that hundredths can say, though binary fractions can not', () => {
      for (let hundredths = 0; hundredths <= 10_000; hundredths += 1) {
        const text = `{"canary":{"version":"7","percent":${hundredths / 100}}}`;
        expect(readTrafficPolicy(text).canary?.percent).to.equal(hundredths / 100);
      }
    });

    const unreadable: Record<string, readonly [string, RegExp]> = {
      'is no JSON': ['{"canary":', /not JSON/],
      'is empty': ['', /not JSON/],
      'is no object': ['[]', /The document/],
      'is null': ['null', /The document/],
      'gives more than all': ['{"canary":{"version":"7","percent":100.01}}', /canary\.percent/],
      'gives less than nothing': ['{"canary":{"version":"7","percent":-1}}', /canary\.percent/],
      'gives three decimals': ['{"shadow":{"version":"7","percent":1.001}}', /shadow\.percent: at most two/],
      'gives a percentage as text': ['{"canary":{"version":"7","percent":"5"}}', /canary\.percent/],
      'gives a share to no version': ['{"canary":{"percent":5}}', /canary\.version/],
      'gives no share to a version': ['{"canary":{"version":"7"}}', /canary\.percent/],
      'has a version that is a number': ['{"standby":{"version":7}}', /standby\.version/],
      'has a version that is a name': ['{"standby":{"version":"latest"}}', /standby\.version/],
    };
    for (const [what, [text, sentence]] of Object.entries(unreadable)) {
      it(`that ${what} is unreadable, and says where`, () => {
        expect(() => readTrafficPolicy(text)).to.throw(UnreadablePolicy, sentence);
      });
    }
  });

  describe('a quarantine', () => {
    it('is read as it was written', () => {
      const tags = new Map([[quarantineTag(DIGEST), writeQuarantine(quarantine())]]);
      expect(quarantineOf(tags, DIGEST)).to.deep.equal(quarantine());
      expect(quarantinesIn(tags)).to.deep.equal([quarantine()]);
    });

    it('is of one digest, whichever version carries it', () => {
      const tags = new Map([[quarantineTag(DIGEST), writeQuarantine(quarantine())]]);
      expect(quarantineOf(tags, OTHER)).to.equal(undefined);
      expect(quarantineTag(DIGEST)).to.equal('quarantine.0123456789abcdef0123456789abcdef');
    });

    it('is no other tag', () => {
      expect(quarantinesIn(new Map([['traffic_policy', '{}']]))).to.deep.equal([]);
    });

    it('comes before those that are older', () => {
      const older = quarantine({ digest: OTHER, version: '3', at: '2025-12-31T00:00:00.000Z' });
      const tags = new Map([
        [quarantineTag(OTHER), writeQuarantine(older)],
        [quarantineTag(DIGEST), writeQuarantine(quarantine())],
      ]);
      expect(quarantinesIn(tags)).to.deep.equal([quarantine(), older]);
    });

    for (const value of [
      '',
      'not JSON',
      'null',
      '[]',
      '{"version":7,"digest":"sha256:0","at":"noon","cause":"x"}',
    ]) {
      it(`keeps the digest away with a value that can't be read: ${value || 'none'}`, () => {
        const found = quarantineOf(new Map([[quarantineTag(DIGEST), value]]), DIGEST);
        expect(found).to.deep.equal({
          version: 'unknown',
          digest: 'sha256:0123456789abcdef0123456789abcdef',
          at: '1970-01-01T00:00:00.000Z',
          by: 'unknown',
          reason: 'The tag does not say',
          cause: 'manual',
        });
      });
    }

    it('keeps what can be read of a value of a newer release', () => {
      const text = JSON.stringify({ ...quarantine(), cause: 'fairness', ticket: 'R-1' });
      expect(quarantineOf(new Map([[quarantineTag(DIGEST), text]]), DIGEST)).to.deep.equal(
        quarantine({ cause: 'manual' }),
      );
    });
  });
});
