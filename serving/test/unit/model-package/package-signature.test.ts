import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import {
  isSignedBy,
  keyIdOf,
  readPublicKeys,
  readSigningKey,
  signPackage,
  SigningKeyError,
} from '../../../src/model-package/package-signature.js';
import { thrown } from '../../support/rejection.js';

function pemOf(key: KeyObject): string {
  const type = key.type === 'private' ? 'pkcs8' : 'spki';
  return key.export({ type, format: 'pem' } as never) as unknown as string;
}

describe('the signature of a package', () => {
  const ours = generateKeyPairSync('ed25519');
  const theirs = generateKeyPairSync('ed25519');
  const signed = { modelName: 'churn', version: '7', digest: `sha256:${'a'.repeat(64)}` };
  const signature = signPackage(signed, ours.privateKey);

  it('is good for what was signed, with any of the keys', () => {
    expect(isSignedBy([ours.publicKey], signed, signature)).to.equal(true);
    expect(isSignedBy([theirs.publicKey, ours.publicKey], signed, signature)).to.equal(true);
    expect(signature.keyId)
      .to.equal(keyIdOf(ours.publicKey))
      .and.to.match(/^[0-9a-f]{16}$/);
  });

  const others: Record<string, Partial<typeof signed>> = {
    'another model': { modelName: 'fraud' },
    'another version of the same bytes': { version: '8' },
    'other bytes': { digest: `sha256:${'b'.repeat(64)}` },
  };
  for (const [what, other] of Object.entries(others)) {
    it(`is not good for ${what}`, () => {
      expect(isSignedBy([ours.publicKey], { ...signed, ...other }, signature)).to.equal(false);
    });
  }

  it('is not good when it is of another key, whatever it calls itself, or no signature at all', () => {
    const forged = { ...signPackage(signed, theirs.privateKey), keyId: signature.keyId };
    expect(isSignedBy([ours.publicKey], signed, forged)).to.equal(false);
    expect(isSignedBy([], signed, signature)).to.equal(false);
    for (const value of ['', 'AAAA', '?', signature.value.slice(4)]) {
      expect(isSignedBy([ours.publicKey], signed, { value })).to.equal(false);
    }
  });

  it('is of nothing whose parts could be read in two ways', () => {
    thrown(() => signPackage({ ...signed, version: '7\n8' }, ours.privateKey), RangeError);
  });

  it('is checked with every key of a file', () => {
    const keys = readPublicKeys(`# since May\n${pemOf(theirs.publicKey)}\n${pemOf(ours.publicKey)}`);
    expect(keys.map(keyIdOf)).to.deep.equal([keyIdOf(theirs.publicKey), keyIdOf(ours.publicKey)]);
    expect(readSigningKey(pemOf(ours.privateKey)).equals(createPrivateKey(pemOf(ours.privateKey)))).to.equal(
      true,
    );
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const unusable: Record<string, [read: () => unknown, words: string]> = {
    'a file without a key': [() => readPublicKeys('hello'), 'no key in PEM'],
    'a private key among public ones': [
      () => readPublicKeys(pemOf(ours.privateKey)),
      'private key where public',
    ],
    'a public key that is cut': [
      () => readPublicKeys('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'),
      "can't be read",
    ],
    'a key of another kind': [() => readPublicKeys(pemOf(rsa.publicKey)), 'is rsa, not Ed25519'],
    'a public key to sign with': [() => readSigningKey(pemOf(ours.publicKey)), "can't be read"],
  };
  for (const [what, [read, words]] of Object.entries(unusable)) {
    it(`does without ${what}, and shows nothing of it`, () => {
      const error = thrown(read, SigningKeyError);
      expect(error.message).to.include(words);
      expect(error.cause).to.equal(undefined);
    });
  }
});
