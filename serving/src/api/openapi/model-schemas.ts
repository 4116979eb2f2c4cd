import type { Manifest } from '../../model-package/manifest.js';
import type { GraphInput } from '../../servables/row-encoder.js';
import { DATATYPES, ELEMENT_TYPES } from '../protocols/open-inference.js';
import type { DescribedModel, LoadedModel } from './described-model.js';
import { objectSchema, schemaRef, tupleSchema, type JsonSchema } from './json-schema.js';
import {
  elementSchema,
  featureSchema,
  instanceSchema,
  outputElementsSchema,
  positionalSchema,
  predictionSchema,
} from './signature-schema.js';

export interface SignatureOptions {
  readonly unknownFeatures: 'refuse' | 'ignore';
  readonly maxRowsPerRequest: number;
}

/** Names of one model's schemas below `components.schemas`. */
export interface ModelSchemaNames {
  readonly instances: string;
  readonly prediction: string;
  readonly predictions: string;
  readonly predictReply: string;
  readonly inferRequest: string;
  readonly inferReply: string;
  readonly invocationsRequest: string;
}

/** Schemas of every message that carries rows or answers of one model. */
export interface ModelSchemas {
  readonly names: ModelSchemaNames;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

const SCALAR: JsonSchema = { type: ['number', 'string', 'boolean', 'null'] };
const STRING: JsonSchema = { type: 'string' };
const ROW_COUNT: JsonSchema = { type: 'integer', minimum: 1 };

/** @param prefix first part of the schemas' names; no two models have the same */
export function modelSchemas(model: DescribedModel, prefix: string, options: SignatureOptions): ModelSchemas {
  const name = (part: string): string => `${prefix}.${part}`;
  const manifest = model.loaded?.manifest;
  const rows = { minItems: 1, maxItems: options.maxRowsPerRequest };
  const oneRow: JsonSchema = { anyOf: [schemaRef(name('Instance')), schemaRef(name('Row'))] };
  const predictions: JsonSchema = { type: 'array', items: schemaRef(name('Prediction')), minItems: 1 };
  const components: Record<string, JsonSchema> = {
    [name('Instance')]: {
      description: 'One row by feature name.',
      ...(manifest === undefined
        ? { type: 'object', additionalProperties: SCALAR }
        : instanceSchema(manifest, options.unknownFeatures)),
    },
    [name('Row')]: {
      description: 'One row by position, in the order of the signature.',
      ...(manifest === undefined ? { type: 'array', items: SCALAR } : positionalSchema(manifest)),
    },
    [name('Prediction')]: {
      description: 'What the model answers for one row.',
      ...(manifest === undefined ? { type: 'object' } : predictionSchema(manifest)),
    },
    [name('Instances')]: {
      type: 'object',
      properties: { instances: { type: 'array', items: oneRow, ...rows } },
      required: ['instances'],
    },
    [name('Predictions')]: objectSchema([['predictions', predictions]], true),
    [name('PredictReply')]: objectSchema(
      [
        ['predictions', predictions],
        ['model_name', STRING],
        ['model_version', { description: 'The version that answered.', ...STRING }],
        ['request_id', STRING],
      ],
      true,
    ),
    [name('InferRequest')]: inferRequest(model.loaded),
    [name('InferReply')]: inferReply(manifest),
    [name('InvocationsRequest')]: invocationsRequest(
      manifest,
      { ...rows, type: 'array', items: schemaRef(name('Instance')) },
      { ...rows, type: 'array', items: schemaRef(name('Row')) },
      options,
    ),
  };
  const names = {
    instances: name('Instances'),
    prediction: name('Prediction'),
    predictions: name('Predictions'),
    predictReply: name('PredictReply'),
    inferRequest: name('InferRequest'),
    inferReply: name('InferReply'),
    invocationsRequest: name('InvocationsRequest'),
  };
  return { names, components };
}

function inferRequest(loaded: LoadedModel | undefined): JsonSchema {
  const inputs =
    loaded === undefined
      ? { type: 'array', items: anyTensor(), minItems: 1 }
      : {
          type: 'array',
          description: 'One tensor an input of the graph, in any order.',
          items: anyOf(loaded.encoder.inputs.map((input, i) => inputTensor(loaded.manifest, input, i))),
          minItems: loaded.encoder.inputs.length,
          maxItems: loaded.encoder.inputs.length,
        };
  const outputNames = loaded?.manifest.outputs.map(({ name }) => name);
  const output = {
    type: 'object',
    properties: {
      name: outputNames === undefined ? STRING : { type: 'string', enum: outputNames },
      parameters: { type: 'object' },
    },
    required: ['name'],
  };
  return {
    type: 'object',
    properties: {
      id: { description: 'Repeated in the answer.', ...STRING },
      parameters: { type: 'object' },
      inputs,
      outputs: {
        description: 'The outputs that are wanted, in the order wanted; all of them where this is missing.',
        type: 'array',
        items: output,
      },
    },
    required: ['inputs'],
  };
}

function anyOf(schemas: readonly JsonSchema[]): JsonSchema {
  return schemas.length === 1 ? schemas[0]! : { anyOf: schemas };
}

function tensor(name: JsonSchema, datatype: JsonSchema, shape: JsonSchema, data: JsonSchema): JsonSchema {
  return {
    type: 'object',
    properties: { name, shape, datatype, parameters: { type: 'object' }, data },
    required: ['name', 'shape', 'datatype', 'data'],
  };
}

function anyTensor(): JsonSchema {
  const shape = { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 1 };
  return tensor(STRING, { enum: [...ELEMENT_TYPES.keys()] }, shape, { type: 'array' });
}

function inputTensor({ features, input }: Manifest, graphInput: GraphInput, position: number): JsonSchema {
  const own = input.layout === 'tensor' ? features : [features[position]!];
  const elements = own.map((feature) => ({ title: feature.name, ...elementSchema(feature) }));
  const wide = tupleSchema([ROW_COUNT, { const: graphInput.width }]);
  const flat: JsonSchema = {
    description: 'Row by row.',
    type: 'array',
    items: elements.length === 1 ? elements[0]! : SCALAR,
    minItems: graphInput.width,
  };
  const nested: JsonSchema = {
    description: 'One list a row.',
    type: 'array',
    items: tupleSchema(elements),
    minItems: 1,
  };
  return tensor(
    { const: graphInput.name },
    { const: DATATYPES[graphInput.type] },
    graphInput.width === 1 ? { anyOf: [tupleSchema([ROW_COUNT]), wide] } : wide,
    { anyOf: [flat, nested] },
  );
}

function inferReply(manifest: Manifest | undefined): JsonSchema {
  const outputs = manifest?.outputs.map((output) =>
    tensor(
      { const: output.name },
      { const: DATATYPES[output.type] },
      tupleSchema([ROW_COUNT, ...output.shape.map((length) => ({ const: length }))]),
      outputElementsSchema(output),
    ),
  );
  return {
    type: 'object',
    properties: {
      model_name: STRING,
      model_version: STRING,
      id: STRING,
      outputs: { type: 'array', items: outputs === undefined ? anyTensor() : anyOf(outputs) },
    },
    required: ['model_name', 'model_version', 'outputs'],
  };
}

/** Exactly one of the forms: each requires a member of its own, and `oneOf` refuses two. */
function invocationsRequest(
  manifest: Manifest | undefined,
  records: JsonSchema,
  rows: JsonSchema,
  { unknownFeatures, maxRowsPerRequest }: SignatureOptions,
): JsonSchema {
  const names = manifest?.features.map((feature) => feature.name);
  const lists = { type: 'array', items: SCALAR, minItems: 1, maxItems: maxRowsPerRequest };
  const form = (member: string, schema: JsonSchema): JsonSchema => ({
    title: member,
    type: 'object',
    properties: { [member]: schema },
    required: [member],
  });
  const split: JsonSchema = {
    type: 'object',
    properties: {
      columns: {
        description: 'Names of the columns; without them, columns are those of the signature.',
        type: 'array',
        items: names === undefined || unknownFeatures === 'ignore' ? STRING : { enum: names },
        uniqueItems: true,
      },
      index: { description: 'Not looked at.' },
      data: { ...lists, items: { type: 'array', items: SCALAR } },
    },
    required: ['data'],
  };
  const byColumn: JsonSchema =
    manifest === undefined
      ? { type: 'object', additionalProperties: lists }
      : objectSchema(
          manifest.features.map((feature) => [feature.name, { ...lists, items: featureSchema(feature) }]),
          unknownFeatures === 'ignore',
        );
  return {
    oneOf: [
      form('dataframe_split', split),
      form('dataframe_records', records),
      form('instances', { anyOf: [records, rows] }),
      form('inputs', { anyOf: [byColumn, rows] }),
    ],
  };
}
