import type { KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadError } from '../errors.js';
import { signPackage } from '../model-package/package-signature.js';
import { ArtifactStore } from '../registry/artifact-store.js';
import { DIGEST_TAG, signatureOf, type ModelRegistry } from '../registry/model-registry.js';
import { Servable } from '../servables/servable.js';
import { writeBlessing, writeSignature } from '../promotion/blessing.js';
import { registeredVersion } from '../promotion/registered-version.js';

/** A larger package is refused before it is downloaded. */
export const MAX_PACKAGE_BYTES = 2 * 1024 ** 3;

export interface BlessResult {
  readonly blessed: boolean;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** `OK`, or the code of docs/errors.md that says why not. */
  readonly code: string;
  readonly reason: string;
  /** Id of the key that signed the version; undefined: it is not signed. */
  readonly signed_by?: string | undefined;
}

/**
 * Has this very runtime load a registered version as a replica would: fetch, digests, contract, session, golden
 * rows. The verdict is written to the version. A process of its own, so that a graph which takes the runtime
 * down with it takes no replica.
 *
 * @param signingKey signs what is blessed; without one a signature that is there stays, unless the version is refused
 * @throws {PromotionError} not-registered
 * @throws {RegistryError} when the registry can't be asked; nothing is then written
 * @throws {LoadError} when the failure may pass (transient): no verdict was reached
 */
export async function bless(
  registry: ModelRegistry,
  model: string,
  version: string,
  maxPackageBytes: number,
  signingKey?: KeyObject,
): Promise<BlessResult> {
  const registered = await registeredVersion(registry, model, version);
  const digest = registered.tags.get(DIGEST_TAG) ?? 'none';
  const id = { modelName: model, version, digest };
  const verdict = await tryToLoad(registry, id, maxPackageBytes);
  await writeBlessing(registry, registered, {
    verdict: verdict.blessed ? 'blessed' : 'refused',
    digest,
    reason: verdict.reason,
    at: new Date(),
  });
  const signature = verdict.blessed && signingKey !== undefined ? signPackage(id, signingKey) : undefined;
  // Before anything of a refused version stays signed.
  if (signature !== undefined || (!verdict.blessed && signatureOf(registered) !== undefined))
    await writeSignature(registry, registered, signature);
  return {
    model,
    version,
    digest,
    ...verdict,
    ...(signature !== undefined && { signed_by: signature.keyId }),
  };
}

/**
 * Loads a version as a replica would, and forgets it.
 * @throws {LoadError} when the failure may pass (transient): no verdict was reached
 */
export async function tryToLoad(
  registry: ModelRegistry,
  id: { modelName: string; version: string; digest: string },
  maxPackageBytes: number,
): Promise<{ blessed: boolean; code: string; reason: string }> {
  // Never a shared cache: the verdict is about what the registry holds now.
  const directory = await mkdtemp(join(tmpdir(), 'bless-'));
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
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
