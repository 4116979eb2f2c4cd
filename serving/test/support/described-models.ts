import type { DescribedModel } from '../../src/api/openapi/described-model.js';
import type { OpenApiOptions } from '../../src/api/openapi/openapi-document.js';
import type { Manifest } from '../../src/model-package/manifest.js';
import { RowEncoder } from '../../src/servables/row-encoder.js';

/** What a document is written with unless a test says otherwise. */
export const OPENAPI_OPTIONS: OpenApiOptions = {
  unknownFeatures: 'refuse',
  maxRowsPerRequest: 1_000,
  examples: true,
  outcomes: true,
  requirements: () => 'off',
};

/** A model whose version is available. */
export function describedAs(
  manifest: Manifest,
  { alias = 'champion', version = '1' }: { readonly alias?: string; readonly version?: string } = {},
): DescribedModel {
  const id = { modelName: manifest.model_name, version, digest: `sha256:${'a'.repeat(64)}` };
  return {
    name: manifest.model_name,
    alias,
    loaded: { id, manifest, encoder: new RowEncoder(manifest) },
  };
}

export function notLoaded(name: string, alias = 'champion'): DescribedModel {
  return { name, alias, loaded: undefined };
}
