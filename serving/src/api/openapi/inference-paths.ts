import { modelMetadata } from '../model-metadata.js';
import { schemaRef, type JsonSchema } from './json-schema.js';
import type { ModelDescription, ModelGroup } from './model-description.js';
import { anyOfRefs, inference, lookup, type Paths, type Requirements } from './operations.js';

export const TAGS = {
  predict: 'Predictions',
  outcomes: 'Outcomes',
  v2: 'Open Inference Protocol v2',
  v1: 'V1',
  mlflow: 'MLflow',
  health: 'Health',
} as const;

/** The version in a path. Not an enumeration: clients generated from this document outlive a promotion. */
function versionParameter({ all }: ModelGroup): JsonSchema {
  const versions = all.flatMap(({ model }) => model.loaded?.id.version ?? []);
  return {
    name: 'version',
    in: 'path',
    required: true,
    description: versions.length === 0 ? 'No version is loaded now.' : `Loaded now: ${versions.join(', ')}.`,
    schema: { type: 'string' },
    ...(versions.length > 0 && { example: versions[0] }),
  };
}

function inferRequests(models: readonly ModelDescription[]): Readonly<Record<string, JsonSchema>> {
  return { 'application/json': anyOfRefs(models.map(({ schemas }) => schemas.names.inferRequest)) };
}

function instances(models: readonly ModelDescription[]): Readonly<Record<string, JsonSchema>> {
  return { 'application/json': anyOfRefs(models.map(({ schemas }) => schemas.names.instances)) };
}

/** `/predict` and `/invocations`, which name no model and mean the first. */
export function firstModelPaths(first: ModelDescription, requirements: Requirements): Paths {
  const { model, schemas, examples } = first;
  const who = `${model.name}@${model.alias}`;
  return {
    '/predict': {
      post: inference(
        {
          tag: TAGS.predict,
          operationId: 'predict',
          summary: `Score rows with ${model.name}`,
          description: `Answered by the version that \`${who}\` names. Rows are objects by feature name or lists in the order of the signature; both may stand in one request.`,
          request: instances([first]),
          reply: schemaRef(schemas.names.predictReply),
          examples: examples?.predict() ?? {},
        },
        requirements('/predict'),
      ),
    },
    '/invocations': {
      post: inference(
        {
          tag: TAGS.mlflow,
          operationId: 'invocations',
          summary: `Score rows with ${model.name} as MLflow's clients do`,
          description:
            'NaN, which JSON does not have, is read as null here, since Python writes it. In a CSV an empty cell is null, and a first column without a name is left out.',
          request: {
            'application/json': schemaRef(schemas.names.invocationsRequest),
            'text/csv': { type: 'string' },
          },
          reply: schemaRef(schemas.names.predictions),
          examples: examples?.invocations() ?? {},
        },
        requirements('/invocations'),
      ),
    },
  };
}

const BINARY =
  'Tensors may also come and go as bytes after the JSON: the binary tensor extension, with `binary_data_size` in the parameters of a tensor and the header `inference-header-content-length`.';

/** Open Inference Protocol v2 of one model, with and without a version. */
export function openInferencePaths(group: ModelGroup, requirements: Requirements): Paths {
  const { name, identifier, first, all } = group;
  const base = `/v2/models/${name}`;
  const metadata = (summary: string, operationId: string, parameters: readonly JsonSchema[]): JsonSchema =>
    lookup(
      {
        tag: TAGS.v2,
        operationId,
        summary,
        parameters,
        answers: { 200: 'Inputs and outputs of the graph; -1 is any number of rows.' },
        reply: schemaRef('ModelMetadata'),
        ...(first.model.loaded !== undefined && {
          example: modelMetadata(
            { versions: () => all.flatMap(({ model }) => model.loaded?.id.version ?? []) },
            first.model.loaded,
          ),
        }),
        ofModel: true,
      },
      requirements('/v2/models/{model}'),
    );
  const ready = (summary: string, operationId: string, parameters: readonly JsonSchema[]): JsonSchema =>
    lookup(
      {
        tag: TAGS.v2,
        operationId,
        summary,
        parameters,
        answers: { 200: 'A version is loaded.' },
        reply: schemaRef('ModelReady'),
        ...(first.model.loaded !== undefined && {
          example: { name, version: first.model.loaded.id.version, ready: true },
        }),
        ofModel: true,
      },
      requirements('/v2/models/{model}/ready'),
    );
  const infer = (
    models: readonly ModelDescription[],
    summary: string,
    operationId: string,
    parameters: readonly JsonSchema[],
  ): JsonSchema =>
    inference(
      {
        tag: TAGS.v2,
        operationId,
        summary,
        description: BINARY,
        parameters,
        request: inferRequests(models),
        reply: anyOfRefs(models.map(({ schemas }) => schemas.names.inferReply)),
        examples: first.examples?.openInference() ?? {},
      },
      requirements('/v2/models/{model}/infer'),
    );
  const version = [versionParameter(group)];
  const pinned = `${base}/versions/{version}`;
  return {
    [`${base}/infer`]: {
      post: infer([first], `Score tensors with ${name}`, `v2_infer_${identifier}`, []),
    },
    [`${pinned}/infer`]: {
      post: infer(
        all,
        `Score tensors with one version of ${name}`,
        `v2_infer_version_${identifier}`,
        version,
      ),
    },
    [base]: { get: metadata(`Inputs and outputs of ${name}`, `v2_metadata_${identifier}`, []) },
    [pinned]: {
      get: metadata(
        `Inputs and outputs of one version of ${name}`,
        `v2_metadata_version_${identifier}`,
        version,
      ),
    },
    [`${base}/ready`]: { get: ready(`Whether ${name} is loaded`, `v2_ready_${identifier}`, []) },
    [`${pinned}/ready`]: {
      get: ready(`Whether one version of ${name} is loaded`, `v2_ready_version_${identifier}`, version),
    },
  };
}

/** V1 of one model, with and without a version. */
export function v1Paths(group: ModelGroup, requirements: Requirements): Paths {
  const { name, identifier, first, all } = group;
  const predict = (
    models: readonly ModelDescription[],
    summary: string,
    operationId: string,
    parameters: readonly JsonSchema[],
  ): JsonSchema =>
    inference(
      {
        tag: TAGS.v1,
        operationId,
        summary,
        parameters,
        request: instances(models),
        reply: anyOfRefs(models.map(({ schemas }) => schemas.names.predictions)),
        examples: first.examples?.v1() ?? {},
      },
      requirements('/v1/models/{model}:predict'),
    );
  return {
    [`/v1/models/${name}:predict`]: {
      post: predict([first], `Score rows with ${name}`, `v1_predict_${identifier}`, []),
    },
    [`/v1/models/${name}/versions/{version}:predict`]: {
      post: predict(all, `Score rows with one version of ${name}`, `v1_predict_version_${identifier}`, [
        versionParameter(group),
      ]),
    },
    [`/v1/models/${name}`]: {
      get: lookup(
        {
          tag: TAGS.v1,
          operationId: `v1_status_${identifier}`,
          summary: `Whether ${name} is loaded`,
          answers: { 200: 'Loaded or not.' },
          reply: {
            type: 'object',
            properties: { name: { type: 'string' }, ready: { type: 'boolean' } },
            required: ['name', 'ready'],
          },
          example: { name, ready: first.model.loaded !== undefined },
        },
        requirements('/v1/models/{model}'),
      ),
    },
  };
}
