import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** What a signature is about: these bytes, as this version of this model and no other. */
export interface SignedPackage {
  readonly modelName: string;
  readonly version: string;
  /** `sha256:<hex>` of the manifest, which names every byte of the package. */
  readonly digest: string;
}

/** As it is kept beside a version. */
export interface PackageSignature {
  /** Base64. */
  readonly value: string;
  /** Which key it is of: a hint for people. Whether it is good is tried with every key. */
  readonly keyId?: string | undefined;
}

/** Text in a key file is not a usable key. The message says why, and nothing of the key. */
export class SigningKeyError extends Error {
  override readonly name = 'SigningKeyError';
}

/**
 * The purpose comes first, so that a signature made for anything else can't be taken for one of a package. None of the
 * other lines can hold a line break: names and versions are checked where they come in, and a digest has a form.
 */
function messageFor({ modelName, version, digest }: SignedPackage): Buffer {
  for (const part of [modelName, version, digest]) {
    if (/[\r\n]/.test(part) || part === '')
      throw new RangeError('A part of what is signed has a line break, or is empty');
  }
  return Buffer.from(`model-serving package signature v1\n${modelName}\n${version}\n${digest}\n`);
}

/** The first 64 bits of the SHA-256 of the public key, in hexadecimal. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

/**
 * @param pem PKCS#8
 * @throws {SigningKeyError}
 */
export function readSigningKey(pem: string): KeyObject {
  return ed25519(() => createPrivateKey(pem), 'private');
}

/**
 * @param pem one or more public keys (SPKI), one after the other
 * @throws {SigningKeyError} also where there is none
 */
export function readPublicKeys(pem: string): readonly KeyObject[] {
  const blocks = pem.match(/-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----/g) ?? [];
  if (blocks.length === 0) throw new SigningKeyError('There is no key in PEM format');
  return blocks.map((block) => {
    // A private key would be taken, too, for the public one that it holds: it has no place where only reading is done.
    if (block.includes('PRIVATE KEY'))
      throw new SigningKeyError('There is a private key where public keys belong');
    return ed25519(() => createPublicKey(block), 'public');
  });
}

export function signPackage(signed: SignedPackage, privateKey: KeyObject): PackageSignature {
  return {
    value: sign(null, messageFor(signed), privateKey).toString('base64'),
    keyId: keyIdOf(createPublicKey(privateKey)),
  };
}

/** Whether one of the keys has signed exactly this. */
export function isSignedBy(
  keys: readonly KeyObject[],
  signed: SignedPackage,
  { value }: PackageSignature,
): boolean {
  const bytes = Buffer.from(value, 'base64');
  return keys.some((key) => verify(null, messageFor(signed), key, bytes));
}

function ed25519(read: () => KeyObject, kind: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    // Without the cause: what the parser says may quote what it was given.
    throw new SigningKeyError(
      `The ${kind} key can't be read; it must be Ed25519 in PEM format, without passphrase`,
    );
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new SigningKeyError(
      `The ${kind} key is ${key.asymmetricKeyType ?? 'of no known kind'}, not Ed25519`,
    );
  }
  return key;
}
