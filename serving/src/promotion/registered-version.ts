import { RegistryError, type ModelRegistry, type ModelVersion } from '../registry/model-registry.js';
import { PromotionError } from './promotion-error.js';

/**
 * @throws {PromotionError} not-registered
 * @throws {RegistryError}
 */
export async function registeredVersion(
  registry: ModelRegistry,
  model: string,
  version: string,
): Promise<ModelVersion> {
  try {
    return await registry.getModelVersion(model, version);
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause.kind !== 'not-found') throw cause;
    throw new PromotionError('not-registered', `The registry has no version ${version} of model ${model}`, {
      cause,
    });
  }
}
