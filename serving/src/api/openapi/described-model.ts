import type { Manifest } from '../../model-package/manifest.js';
import type { ServedModel } from '../../servables/model-directory.js';
import type { AvailableModel } from '../model-metadata.js';

/** A version that is available. */
export interface LoadedModel extends AvailableModel {
  readonly manifest: Manifest;
}

/** A model of the tier, as the document describes it. */
export interface DescribedModel {
  readonly name: string;
  readonly alias: string;
  /** undefined while no version is available: the model is then described without a signature. */
  readonly loaded: LoadedModel | undefined;
}

export function describedModel({ name, alias, manager }: ServedModel): DescribedModel {
  const { champion } = manager;
  const manifest = champion?.manifest;
  return {
    name,
    alias,
    loaded: manifest === undefined ? undefined : { id: champion!.id, manifest, encoder: champion!.encoder },
  };
}
