import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { messageOf } from '../errors.js';
import { keyIdOf } from '../model-package/package-signature.js';
import { CommandError, EXIT } from './exit-codes.js';

/**
 * Makes a pair of keys. Files that are there already are left alone: a key that is lost can't be made again.
 *
 * @param privateFile gets PKCS#8, for its owner alone
 * @param publicFile gets SPKI
 * @returns the key's id
 * @throws {CommandError} usage, when a file can't be written
 */
export async function writeSigningKey(privateFile: string, publicFile: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  try {
    await writeFile(privateFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
      flag: 'wx',
    });
    await writeFile(publicFile, publicKey.export({ type: 'spki', format: 'pem' }), {
      mode: 0o644,
      flag: 'wx',
    });
  } catch (cause) {
    throw new CommandError(EXIT.usage, `The key can't be written: ${messageOf(cause)}`, { cause });
  }
  return keyIdOf(publicKey);
}
