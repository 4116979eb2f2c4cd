import type { KeyObject } from 'node:crypto';
import { LoadError } from '../errors.js';
import type { ModelPackage } from '../model-package/manifest.js';
import { isSignedBy } from '../model-package/package-signature.js';
import type { ArtifactStore, PackageId } from './artifact-store.js';

/** Fetches packages that one of the keys has signed, and no others; asked before anything is downloaded. */
export class SignedPackages {
  readonly #packages: Pick<ArtifactStore, 'fetch'>;
  readonly #keys: readonly KeyObject[];

  constructor(packages: Pick<ArtifactStore, 'fetch'>, keys: readonly KeyObject[]) {
    this.#packages = packages;
    this.#keys = keys;
  }

  /** @throws {LoadError} SIGNATURE_MISSING, SIGNATURE_INVALID, and those of the store */
  async fetch(id: PackageId): Promise<ModelPackage> {
    const { signature } = id;
    const what = `Model ${id.modelName} version ${id.version}`;
    if (signature === undefined) {
      throw new LoadError(
        'SIGNATURE_MISSING',
        `${what} is not signed, and this tier loads signed packages only`,
      );
    }
    if (!isSignedBy(this.#keys, id, signature)) {
      throw new LoadError(
        'SIGNATURE_INVALID',
        `${what}: the signature (key ${signature.keyId ?? 'of no name'}) is of no key that this tier knows, or of another ` +
          'model, version or digest',
      );
    }
    return this.#packages.fetch(id);
  }
}
