import { RequestError } from '../errors.js';
import type { ElementType, Manifest } from '../model-package/manifest.js';
import type { ModelDirectory } from '../servables/model-directory.js';
import type { GraphInput } from '../servables/row-encoder.js';
import type { Servable, ServableId } from '../servables/servable.js';
import { DATATYPES } from './protocols/open-inference.js';

/** What the tier calls itself where a protocol asks. */
export const SERVER = { name: 'model-serving', version: '1.0.0' } as const;

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: (typeof DATATYPES)[ElementType];
  /** -1: any number of rows. */
  readonly shape: readonly number[];
}

/** A model as the Open Inference Protocol describes it. */
export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** What is described of a servable; an available one has all of it. */
export interface AvailableModel {
  readonly id: ServableId;
  readonly manifest: Manifest | undefined;
  readonly encoder: { readonly inputs: readonly GraphInput[] };
}

/** @throws {RequestError} MODEL_NOT_FOUND, VERSION_NOT_AVAILABLE or MODEL_NOT_READY */
export function requireAvailable(models: ModelDirectory, name?: string, version?: string): Servable {
  const servable = models.look(name, version);
  if (servable === undefined)
    throw new RequestError('MODEL_NOT_READY', 'No version of this model is loaded yet');
  return servable;
}

export function modelMetadata(
  models: Pick<ModelDirectory, 'versions'>,
  { id, encoder, manifest }: AvailableModel,
): ModelMetadata {
  return {
    name: id.modelName,
    versions: models.versions(id.modelName),
    platform: 'onnxruntime_onnx',
    inputs: encoder.inputs.map(({ name, type, width }) => ({
      name,
      datatype: DATATYPES[type],
      shape: [-1, width],
    })),
    outputs: manifest!.outputs.map(({ name, type, shape }) => ({
      name,
      datatype: DATATYPES[type],
      shape: [-1, ...shape],
    })),
  };
}
