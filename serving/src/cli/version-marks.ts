import { UNBLESSED_TAG } from '../promotion/champion-mover.js';
import type { Replica } from '../promotion/fleet.js';
import { RegistryError, signatureOf, type ModelRegistry } from '../registry/model-registry.js';

/** What the registry says of a version that replicas serve, and they don't know. */
export interface VersionMarks {
  readonly model: string;
  readonly version: string;
  /** Who forced it, when and why; null: nobody. */
  readonly promoted_without_blessing: string | null;
  /** Name of the key, not checked; null: not signed. */
  readonly signed_by: string | null;
}

interface Served {
  readonly model: string;
  readonly version: string;
}

/** Each version that a replica serves, once. */
export function servedVersions(replicas: readonly Replica[]): readonly Served[] {
  const all = replicas.flatMap(({ status }) =>
    (status?.models ?? []).flatMap(({ model_name: model, available }) =>
      available === null ? [] : [{ model, version: available.version }],
    ),
  );
  return all.filter(
    (one, i) => all.findIndex(({ model, version }) => model === one.model && version === one.version) === i,
  );
}

/** Versions of which the registry says nothing, for whatever reason, are left out: replicas run without it too. */
export async function marksOf(
  registry: ModelRegistry,
  served: readonly Served[],
): Promise<readonly VersionMarks[]> {
  const known = await Promise.all(
    served.map(async ({ model, version }) => {
      try {
        return await registry.getModelVersion(model, version);
      } catch (error) {
        if (error instanceof RegistryError) return undefined;
        throw error;
      }
    }),
  );
  return known.flatMap((entry) => {
    if (entry === undefined) return [];
    const signature = signatureOf(entry);
    return {
      model: entry.name,
      version: entry.version,
      promoted_without_blessing: entry.tags.get(UNBLESSED_TAG) ?? null,
      signed_by: signature === undefined ? null : (signature.keyId ?? 'unknown'),
    };
  });
}
