import type { KeyObject } from 'node:crypto';
import { readKeyFiles } from '../config.js';
import { readPublicKeys } from '../model-package/package-signature.js';
import { readKeyFile } from './command-line.js';

/** Keys of which one must have signed a version; undefined: signatures are not asked for. */
export function requiredKeys(file = readKeyFiles().publicKeysFile): readonly KeyObject[] | undefined {
  return file === undefined ? undefined : readPublicKeys(readKeyFile(file));
}
