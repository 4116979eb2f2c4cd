import { z } from 'zod';
import type { ElementType } from '../../model-package/manifest.js';
import { ownColumns } from '../../prediction/own-columns.js';
import type { Prediction } from '../../prediction/prediction-service.js';
import type { OutputColumn } from '../../servables/onnx-session.js';
import type { RawTensor } from '../../servables/raw-tensor.js';
import { RequestError } from '../../errors.js';
import { decodeElements, encodeElements } from './open-inference-binary.js';
import { invalid, parseJson } from './json-body.js';
import type { Protocol, Reply } from './protocol.js';
import { requestedOutputs } from './requested-outputs.js';

const PATH = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?\/infer$/;
const HEADER_LENGTH = 'inference-header-content-length';

/** Names of the Open Inference Protocol for the element types that we have. */
export const DATATYPES = {
  float32: 'FP32',
  float64: 'FP64',
  int32: 'INT32',
  int64: 'INT64',
  bool: 'BOOL',
  string: 'BYTES',
} as const satisfies Record<ElementType, string>;

/** The way back. */
export const ELEMENT_TYPES: ReadonlyMap<string, ElementType> = new Map<string, ElementType>(
  Object.entries(DATATYPES).map(([type, datatype]) => [datatype, type as ElementType]),
);

const parametersSchema = z.record(z.string(), z.unknown()).default({});
const inputSchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()).min(1).max(8),
  datatype: z.string(),
  parameters: parametersSchema,
  // Not looked into: that is the encoder's part, and there may be millions of values.
  data: z.custom<readonly unknown[]>(Array.isArray, 'expected a list').optional(),
});
const requestSchema = z.object({
  id: z.string().optional(),
  parameters: parametersSchema,
  inputs: z.array(inputSchema).min(1),
  outputs: z.array(z.object({ name: z.string(), parameters: parametersSchema })).optional(),
});
type InferRequest = z.infer<typeof requestSchema>;

/**
 * Inference of the Open Inference Protocol v2 over REST, JSON and the binary tensor extension.
 * Source: github.com/kserve/open-inference-protocol; the extension is Triton's.
 */
export const openInferenceProtocol: Protocol = {
  route: '/v2/models/{model}/infer',
  errorMember: 'error',

  match(path) {
    const [, model, version] = PATH.exec(path) ?? [];
    return model === undefined ? undefined : { model, ...(version !== undefined && { version }) };
  },

  read(head, body) {
    const { json, binary } = splitBody(body, head.headers[HEADER_LENGTH]);
    const parsed = requestSchema.safeParse(parseJson(json));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const path = `/${(issue?.path ?? []).join('/')}`;
      throw new RequestError('INVALID_REQUEST', `${path}: ${issue?.message ?? 'invalid'}`, [
        { path, expected: issue?.message ?? 'another value', found: 'something else' },
      ]);
    }
    const message = parsed.data;
    const tensors = readTensors(message, binary);
    return {
      request: {
        rows: tensors[0]!.shape[0] ?? 0,
        encode: (encoder, batch) => {
          encoder.encodeTensorsInto(batch, tensors);
        },
      },
      reply: (prediction) => reply(message, prediction),
    };
  },
};

function splitBody(body: Buffer, header: string | string[] | undefined): { json: Buffer; binary: Buffer } {
  if (header === undefined) return { json: body, binary: body.subarray(body.length) };
  const length = Number(header);
  if (!Number.isInteger(length) || length < 0 || length > body.length) {
    throw new RequestError('INVALID_REQUEST', `${HEADER_LENGTH} is not a length within the body`);
  }
  return { json: body.subarray(0, length), binary: body.subarray(length) };
}

function readTensors(message: InferRequest, binary: Buffer): RawTensor[] {
  let offset = 0;
  const tensors = message.inputs.map((input, i): RawTensor => {
    const path = `/inputs/${i}`;
    const type = ELEMENT_TYPES.get(input.datatype);
    if (type === undefined)
      return invalid(`${path}/datatype`, `one of ${[...ELEMENT_TYPES.keys()].join(', ')}`, input.datatype);
    const base = { name: input.name, type, shape: input.shape, path };
    const size = input.parameters['binary_data_size'];
    if (size === undefined) {
      return {
        ...base,
        data: flatten(input.data ?? invalid(`${path}/data`, 'a list of values', input.data)),
      };
    }
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || offset + size > binary.length) {
      return invalid(
        `${path}/parameters/binary_data_size`,
        'a size within the binary part of the body',
        size,
      );
    }
    const data = decodeElements(type, binary.subarray(offset, offset + size), path);
    offset += size;
    return { ...base, data };
  });
  if (offset !== binary.length) {
    throw new RequestError(
      'INVALID_REQUEST',
      `${binary.length - offset} bytes of the body belong to no input`,
    );
  }
  return tensors;
}

/** The protocol allows nested lists and flat ones. */
function flatten(data: readonly unknown[]): readonly unknown[] {
  return Array.isArray(data[0]) ? data.flat(8) : data;
}

function wantsBinary(message: InferRequest, name: string): boolean {
  const own = message.outputs?.find((output) => output.name === name)?.parameters['binary_data'];
  return (own ?? message.parameters['binary_data_output']) === true;
}

function jsonElements({ type, data }: OutputColumn): unknown[] {
  if (type === 'bool') return Array.from(data as Uint8Array, (value) => value === 1);
  // Numbers that JSON can't say (NaN, infinity) become null under JSON.stringify.
  return Array.from(data as ArrayLike<unknown>, (value) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
}

function reply(message: InferRequest, prediction: Prediction): Reply {
  const rows = prediction.to - prediction.from;
  const chunks: Buffer[] = [];
  const outputs = requestedOutputs(message.outputs, ownColumns(prediction)).map((column) => {
    const described = {
      name: column.name,
      datatype: DATATYPES[column.type],
      shape: column.isScalar ? [rows] : [rows, column.width],
    };
    if (!wantsBinary(message, column.name)) return { ...described, data: jsonElements(column) };
    const bytes = encodeElements(column.data);
    chunks.push(bytes);
    return { ...described, parameters: { binary_data_size: bytes.length } };
  });
  const header = JSON.stringify({
    model_name: prediction.servable.modelName,
    model_version: prediction.servable.version,
    ...(message.id !== undefined && { id: message.id }),
    outputs,
  });
  if (chunks.length === 0) return { contentType: 'application/json', body: header };
  const json = Buffer.from(header);
  return {
    contentType: 'application/octet-stream',
    body: Buffer.concat([json, ...chunks]),
    headers: { [HEADER_LENGTH]: String(json.length) },
  };
}
