import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadError } from '../errors.js';
import { ArtifactStore } from '../registry/artifact-store.js';
import { DIGEST_TAG, type ModelRegistry } from '../registry/model-registry.js';
import { Servable } from '../servables/servable.js';
import { writeBlessing } from './blessing.js';
import { registeredVersion } from './registered-version.js';

export interface BlessResult {
  readonly blessed: boolean;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** `OK`, or the code of docs/errors.md that says why not. */
  readonly code: string;
  readonly reason: string;
}

/**
 * Has this very runtime load a registered version as a replica would: fetch, digests, contract, session, golden
 * rows. The verdict is written to the version. A process of its own, so that a graph which takes the runtime
 * down with it takes no replica.
 *
 * @throws {CommandError} notRegistered
 * @throws {RegistryError} when the registry can't be asked; nothing is then written
 * @throws {LoadError} when the failure may pass (transient): no verdict was reached
 */
export async function bless(
  registry: ModelRegistry,
  model: string,
  version: string,
  maxPackageBytes: number,
): Promise<BlessResult> {
  const registered = await registeredVersion(registry, model, version);
  const digest = registered.tags.get(DIGEST_TAG) ?? 'none';
  // Never a shared cache: the verdict is about what the registry holds now.
  const directory = await mkdtemp(join(tmpdir(), 'bless-'));
  let verdict: { blessed: boolean; code: string; reason: string };
  try {
    verdict = await tryToLoad(registry, { modelName: model, version, digest }, directory, maxPackageBytes);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  await writeBlessing(registry, registered, {
    verdict: verdict.blessed ? 'blessed' : 'refused',
    digest,
    reason: verdict.reason,
    at: new Date(),
  });
  return { model, version, digest, ...verdict };
}

async function tryToLoad(
  registry: ModelRegistry,
  id: { modelName: string; version: string; digest: string },
  directory: string,
  maxPackageBytes: number,
): Promise<{ blessed: boolean; code: string; reason: string }> {
  const store = new ArtifactStore(registry, { directory, keep: 0, maxPackageBytes });
  const servable = new Servable(id);
  try {
    await store.open();
    await servable.load(() => store.fetch(id), {
      intraOpThreads: 1,
      unknownFeatures: 'refuse',
      inlineModelBytes: Infinity,
    });
    await servable.retire();
    return { blessed: true, code: 'OK', reason: 'loaded, and every golden row matches' };
  } catch (error) {
    if (error instanceof LoadError && !error.transient) {
      return { blessed: false, code: error.code, reason: error.message };
    }
    throw error;
  }
}
