import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { LoadError, messageOf } from '../errors.js';
import type { PackageFiles } from './model-registry.js';

/** Stands in for a registry where a package is not registered yet: its files lie in a folder. */
export class PackageFolder implements PackageFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  getDownloadUriForModelVersionArtifacts(): Promise<string> {
    return Promise.resolve(this.#directory);
  }

  /** @throws {LoadError} CONTRACT_VIOLATION: waiting does not bring a file that is not there */
  async openArtifact(directory: string, path: string): Promise<Readable> {
    const stream = createReadStream(join(directory, path));
    try {
      await once(stream, 'open');
    } catch (cause) {
      throw new LoadError('CONTRACT_VIOLATION', `${path} can't be read: ${messageOf(cause)}`, { cause });
    }
    return stream;
  }
}
