import type { ModelPackage } from '../../src/model-package/manifest.js';
import type { ServableId } from '../../src/servables/servable.js';

/** The id under which a package is loaded as that version. */
export function servableId({ manifest, digest }: ModelPackage, version: string): ServableId {
  return { modelName: manifest.model_name, version, digest };
}
