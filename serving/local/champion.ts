import { MlflowRegistry } from '../src/registry/mlflow-registry.js';
import { DIGEST_TAG, RegistryError, type ModelRegistry } from '../src/registry/model-registry.js';
import type { Settings } from './settings.js';

export interface Champion {
  readonly version: string;
  readonly digest: string;
  /** Trained on generated rows, which must be said wherever its results show. */
  readonly synthetic: boolean;
}

/** "version 7", or "version 7 (synthetic data)". */
export function describeChampion({ version, synthetic }: Champion): string {
  return `version ${version}${synthetic ? ' (synthetic data)' : ''}`;
}

/** What the alias points at; undefined when there is no such alias or model yet. */
export async function readChampion(settings: Settings): Promise<Champion | undefined> {
  return championIn(new MlflowRegistry({ trackingUri: settings.urls.mlflow, timeoutMs: 10_000 }), settings);
}

/** The same, of any registry. */
export async function championIn(
  registry: ModelRegistry,
  { modelName, modelAlias }: Pick<Settings, 'modelName' | 'modelAlias'>,
): Promise<Champion | undefined> {
  try {
    const { version, tags } = await registry.getModelVersionByAlias(modelName, modelAlias);
    return { version, digest: tags.get(DIGEST_TAG) ?? 'none', synthetic: tags.get('synthetic') === 'true' };
  } catch (error) {
    if (error instanceof RegistryError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
