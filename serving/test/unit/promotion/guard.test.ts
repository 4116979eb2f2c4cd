import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { signPackage } from '../../../src/model-package/package-signature.js';
import { quarantineTag, writeQuarantine } from '../../../src/registry/traffic-tags.js';
import { judge, type Credentials } from '../../../src/promotion/guard.js';

describe('judge', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const blessed = { package_digest: digest, blessing: 'blessed', blessing_digest: digest };
  const signature = signPackage({ modelName: 'toy', version: '1', digest }, privateKey).value;
  const nobody: Credentials = { force: false, approvedBy: undefined, publicKeys: undefined };
  const forced = { ...nobody, force: true };
  const keyed = { ...nobody, publicKeys: [publicKey] };

  const table: readonly (readonly [string, Record<string, string>, Credentials, string])[] = [
    ['a blessed version', blessed, nobody, 'allowed'],
    ['a blessed version, with force that it does not need', blessed, forced, 'allowed'],
    ['a version without blessing', { package_digest: digest }, nobody, 'it has no blessing'],
    ['a version without blessing, with force', { package_digest: digest }, forced, 'forced'],
    [
      'a version whose blessing was refused, with force',
      { ...blessed, blessing: 'refused' },
      forced,
      'forced',
    ],
    ['a version without digest, with force', {}, forced, 'no tag package_digest'],
    ['what a gate has doubts about', { ...blessed, needs_approval: 'slice' }, nobody, 'needs the approval'],
    [
      'what somebody approved',
      { ...blessed, needs_approval: 'x' },
      { ...nobody, approvedBy: 'ana' },
      'allowed',
    ],
    ['a signed version', { ...blessed, signature_ed25519: signature }, keyed, 'allowed'],
    ['an unsigned version', blessed, keyed, 'it is not signed'],
    ['an unsigned version, with force', blessed, { ...keyed, force: true }, 'it is not signed'],
    ['a signature that was taken back', { ...blessed, signature_ed25519: '' }, keyed, 'it is not signed'],
    [
      'a signature of other bytes',
      { package_digest: `sha256:${'b'.repeat(64)}`, signature_ed25519: signature },
      keyed,
      'of no known key, or of something else',
    ],
  ];
  for (const [what, tags, credentials, expected] of table) {
    it(`says of ${what}: ${expected}`, () => {
      const version = { name: 'toy', version: '1', runId: undefined, tags: new Map(Object.entries(tags)) };
      const verdict = judge(version, credentials, new Map());
      if (verdict.allowed) expect(verdict.forced ? 'forced' : 'allowed').to.equal(expected);
      else expect(verdict.objection).to.include(expected);
    });
  }

  describe('of bytes in quarantine', () => {
    const quarantine = {
      version: '1',
      digest,
      at: '2026-03-01T08:00:00Z',
      by: 'rollout',
      reason: 'it throws',
    };
    const tags = new Map([[quarantineTag(digest), writeQuarantine({ ...quarantine, cause: 'errors' })]]);
    const objection = 'its bytes are in quarantine since 2026-03-01T08:00:00Z, by rollout: it throws';

    for (const [how, credentials] of Object.entries({
      nobody,
      forced,
      approved: { ...nobody, approvedBy: 'ana' },
    })) {
      it(`refuses every version that carries them (${how})`, () => {
        const version = {
          name: 'toy',
          version: '9',
          runId: undefined,
          tags: new Map(Object.entries(blessed)),
        };
        expect(judge(version, credentials, tags)).to.deep.equal({ allowed: false, objection });
      });
    }

    it('allows others', () => {
      const other = `sha256:${'b'.repeat(64)}`;
      const version = {
        ...{ name: 'toy', version: '1', runId: undefined },
        tags: new Map(Object.entries({ ...blessed, package_digest: other, blessing_digest: other })),
      };
      expect(judge(version, nobody, tags).allowed).to.equal(true);
    });
  });
});
