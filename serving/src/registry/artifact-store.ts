import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { LoadError, messageOf } from '../errors.js';
import { ContractViolation, parseManifest } from '../model-package/contract.js';
import type { Manifest, ModelPackage, PackageFile } from '../model-package/manifest.js';
import { checkMlflowSignature } from '../model-package/mlflow-signature.js';
import type { PackageSignature } from '../model-package/package-signature.js';
import { FetchLock } from './fetch-lock.js';
import { touchedMs } from './touched.js';
import { ownerBehindDot, ownerOfLock, removeLeftovers } from './leftovers.js';
import { RegistryError, type PackageFiles } from './model-registry.js';
import { OWNER_NAME } from './owner.js';

/** Which bytes to fetch, and where they are registered. */
export interface PackageId {
  readonly modelName: string;
  readonly version: string;
  readonly digest: string;
  /** As the registry has it, not checked; undefined: there is none. */
  readonly signature?: PackageSignature | undefined;
}

export interface ArtifactStoreOptions {
  readonly directory: string;
  /** Packages kept beside those in use. */
  readonly keep: number;
  readonly maxPackageBytes: number;
}

const MANIFEST = 'manifest.json';
const MAX_MANIFEST_BYTES = 16 * 1024 ** 2;
const DIGEST = /^sha256:([0-9a-f]{64})$/;

const packageIdSchema = z.object({
  modelName: z.string(),
  version: z.string(),
  digest: z.string().regex(DIGEST),
  /** Kept, so that a start without the registry asks no less than one with it. */
  signature: z.object({ value: z.string(), keyId: z.string().optional() }).optional(),
});

function sha256(): ReturnType<typeof createHash> {
  return createHash('sha256');
}

/** Passes bytes on while it counts and hashes them; ends the stream when there are more than announced. */
class Meter extends Transform {
  readonly #hash = sha256();
  #bytes = 0;

  constructor(
    readonly what: string,
    readonly limit: number,
  ) {
    super();
  }

  override _transform(
    chunk: Buffer,
    _encoding: string,
    done: (error: Error | null, chunk?: Buffer) => void,
  ): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.limit) {
      done(new LoadError('DIGEST_MISMATCH', `${this.what} has more than ${this.limit} bytes`));
      return;
    }
    this.#hash.update(chunk);
    done(null, chunk);
  }

  get bytes(): number {
    return this.#bytes;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/**
 * Packages on disk, by digest.
 *
 *   packages/<hex>/            complete and verified when it was renamed to this name
 *   incoming/<owner>-<random>/ being downloaded; worthless when its owner is dead, and then removed
 *   locks/<hex>                somebody downloads this package; the others wait for it
 *   last-known-good/<model>@<alias>.json
 *
 * Several processes may share the folder, on one host or, where it is on a shared volume, on many.
 *
 * A package is verified again each time it is loaded: the disk is not trusted more than the network.
 */
export class ArtifactStore {
  readonly #registry: PackageFiles;
  readonly #options: ArtifactStoreOptions;

  constructor(registry: PackageFiles, options: ArtifactStoreOptions) {
    this.#registry = registry;
    this.#options = options;
  }

  /** Creates the folders and removes what killed processes left half-written. */
  async open(): Promise<void> {
    for (const folder of ['packages', 'incoming', 'locks', 'last-known-good']) {
      await mkdir(this.#path(folder), { recursive: true });
    }
    await this.#sweep();
  }

  /** @throws {LoadError} */
  async fetch(id: PackageId): Promise<ModelPackage> {
    const hex = DIGEST.exec(id.digest)?.[1];
    if (hex === undefined) {
      throw new LoadError(
        'DIGEST_MISSING',
        `Model ${id.modelName} version ${id.version} has no tag package_digest of the form sha256:<hex>`,
      );
    }
    try {
      return await this.#fetchOnce(id, hex);
    } catch (error) {
      throw toLoadError(id, error);
    }
  }

  /** Reads the package from disk or downloads it, unless somebody else does: then waits, and reads it. */
  async #fetchOnce(id: PackageId, hex: string): Promise<ModelPackage> {
    const directory = this.#path('packages', hex);
    const lock = new FetchLock(this.#path('locks', hex));
    for (;;) {
      const cached = await this.#verifyCached(id, directory);
      if (cached !== undefined) return cached;
      const release = await lock.tryAcquire();
      if (release === undefined) {
        await lock.released();
        continue;
      }
      try {
        // Between the look and the lock somebody may have finished it.
        const finished = await this.#verifyCached(id, directory);
        if (finished !== undefined) return finished;
        await rm(directory, { recursive: true, force: true });
        const manifest = await this.#download(id, directory);
        return { directory, digest: id.digest, manifest };
      } finally {
        await release();
      }
    }
  }

  /** Keeps the newest packages and those in use; removes the rest, and what killed processes left. */
  async prune(inUse: ReadonlySet<string>): Promise<void> {
    const root = this.#path('packages');
    const unused: { readonly path: string; readonly usedAt: number }[] = [];
    for (const hex of await readdir(root)) {
      const path = join(root, hex);
      if (inUse.has(`sha256:${hex}`)) continue;
      const usedAt = await touchedMs(path);
      // Another process may have removed it meanwhile.
      if (usedAt !== undefined) unused.push({ path, usedAt });
    }
    unused.sort((a, b) => b.usedAt - a.usedAt);
    for (const { path } of unused.slice(this.#options.keep)) await rm(path, { recursive: true, force: true });
    await this.#sweep();
  }

  async #sweep(): Promise<void> {
    const locks = this.#path('locks');
    await removeLeftovers(this.#path('incoming'), (name) => name);
    await removeLeftovers(locks, (name) => ownerOfLock(locks, name));
    await removeLeftovers(this.#path('last-known-good'), (name) =>
      name.endsWith('.json') ? undefined : ownerBehindDot(name),
    );
  }

  /** The version that was last available here, for a start without a registry. */
  async readLastKnownGood(modelName: string, alias: string): Promise<PackageId | undefined> {
    try {
      return packageIdSchema.parse(
        JSON.parse(await readFile(this.#lastKnownGoodPath(modelName, alias), 'utf8')),
      );
    } catch {
      // None was written yet, or it can't be read: either way there is nothing to fall back to.
      return undefined;
    }
  }

  async writeLastKnownGood(
    { modelName, version, digest, signature }: PackageId,
    alias: string,
  ): Promise<void> {
    const path = this.#lastKnownGoodPath(modelName, alias);
    const temporary = `${path}.${leftoverName()}`;
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(JSON.stringify({ modelName, version, digest, signature }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  }

  #path(...parts: string[]): string {
    return join(this.#options.directory, ...parts);
  }

  #lastKnownGoodPath(modelName: string, alias: string): string {
    return this.#path(
      'last-known-good',
      `${encodeURIComponent(modelName)}@${encodeURIComponent(alias)}.json`,
    );
  }

  /** @returns undefined when the folder does not hold what its name says */
  async #verifyCached(id: PackageId, directory: string): Promise<ModelPackage | undefined> {
    try {
      const text = await readFile(join(directory, MANIFEST));
      if (`sha256:${sha256().update(text).digest('hex')}` !== id.digest) return undefined;
      for (const file of parseManifest(text.toString('utf8')).files) {
        const meter = new Meter(file.path, file.bytes);
        await pipeline(createReadStream(join(directory, file.path)), meter.resume());
        if (meter.bytes !== file.bytes || meter.digest() !== file.sha256) return undefined;
      }
      // Only now: a file that went bad on this disk must not pass for a package that breaks the contract.
      const manifest = await this.#checkContract(id, text, () =>
        readFile(join(directory, 'MLmodel'), 'utf8'),
      );
      const now = new Date();
      await utimes(directory, now, now);
      return { directory, digest: id.digest, manifest };
    } catch (error) {
      if (error instanceof ContractViolation) throw error;
      return undefined;
    }
  }

  async #download(id: PackageId, directory: string): Promise<Manifest> {
    const incoming = this.#path('incoming', leftoverName());
    await mkdir(incoming, { recursive: true });
    try {
      const uri = await this.#registry.getDownloadUriForModelVersionArtifacts(id.modelName, id.version);
      const text = await readAll(await this.#registry.openArtifact(uri, MANIFEST));
      const actual = `sha256:${sha256().update(text).digest('hex')}`;
      if (actual !== id.digest) {
        throw new LoadError(
          'DIGEST_MISMATCH',
          `digest of ${MANIFEST} is ${actual}, the registry says ${id.digest}`,
        );
      }
      const manifest = parseManifest(text.toString('utf8'));
      const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
      if (bytes > this.#options.maxPackageBytes) {
        throw new ContractViolation(
          'schema',
          `the package has ${bytes} bytes, allowed are ${this.#options.maxPackageBytes}`,
        );
      }
      for (const file of manifest.files) await this.#downloadFile(uri, file, incoming);
      await this.#checkContract(id, text, () => readFile(join(incoming, 'MLmodel'), 'utf8'));
      await writeDurably(join(incoming, MANIFEST), text);
      await renameInto(incoming, directory);
      return manifest;
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
  }

  async #downloadFile(uri: string, file: PackageFile, incoming: string): Promise<void> {
    const target = join(incoming, file.path);
    await mkdir(dirname(target), { recursive: true });
    const meter = new Meter(file.path, file.bytes);
    await pipeline(
      await this.#registry.openArtifact(uri, file.path),
      meter,
      createWriteStream(target, { flush: true }),
    );
    if (meter.bytes !== file.bytes) {
      throw new LoadError(
        'DIGEST_MISMATCH',
        `${file.path} has ${meter.bytes} bytes, the manifest says ${file.bytes}`,
      );
    }
    const digest = meter.digest();
    if (digest !== file.sha256) {
      throw new LoadError(
        'DIGEST_MISMATCH',
        `digest of ${file.path} is ${digest}, the manifest says ${file.sha256}`,
      );
    }
  }

  async #checkContract(id: PackageId, text: Buffer, readMlmodel: () => Promise<string>): Promise<Manifest> {
    const manifest = parseManifest(text.toString('utf8'));
    if (manifest.model_name !== id.modelName) {
      throw new ContractViolation(
        'model-name',
        `the manifest is of model ${manifest.model_name}, not ${id.modelName}`,
      );
    }
    checkMlflowSignature(await readMlmodel(), manifest);
    return manifest;
  }
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_MANIFEST_BYTES) {
      throw new ContractViolation('schema', `${MANIFEST} has more than ${MAX_MANIFEST_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function writeDurably(path: string, data: Buffer): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Two replicas on one disk may finish the same package at once: the second finds the name taken, which is fine. */
async function renameInto(incoming: string, directory: string): Promise<void> {
  try {
    await rename(incoming, directory);
  } catch (error) {
    if (!(await exists(join(directory, MANIFEST)))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await touchedMs(path)) !== undefined;
}

/** For what is of no use to anybody when this process dies over it. */
function leftoverName(): string {
  return `${OWNER_NAME}-${randomBytes(4).toString('hex')}`;
}

function toLoadError(id: PackageId, error: unknown): LoadError {
  const prefix = `Model ${id.modelName} version ${id.version}: `;
  if (error instanceof LoadError) return new LoadError(error.code, prefix + error.message, { cause: error });
  if (error instanceof ContractViolation) {
    return new LoadError('CONTRACT_VIOLATION', prefix + error.message, { cause: error });
  }
  if (error instanceof RegistryError) {
    const code = error.kind === 'denied' ? 'REGISTRY_DENIED' : 'DOWNLOAD_FAILED';
    return new LoadError(code, prefix + error.message, { cause: error });
  }
  const code = (error as NodeJS.ErrnoException).code;
  const ofDisk =
    code !== undefined && ['ENOSPC', 'EACCES', 'EROFS', 'EPERM', 'EMFILE', 'EDQUOT'].includes(code);
  return new LoadError(ofDisk ? 'CACHE_FAILED' : 'DOWNLOAD_FAILED', prefix + messageOf(error), {
    cause: error,
  });
}
