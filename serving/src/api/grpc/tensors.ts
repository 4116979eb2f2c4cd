import type { ElementType } from '../../model-package/manifest.js';
import type { OutputColumn } from '../../servables/onnx-session.js';
import type { RawTensor } from '../../servables/raw-tensor.js';
import { DATATYPES, ELEMENT_TYPES } from '../protocols/open-inference.js';
import { decodeElements, encodeElements } from '../protocols/open-inference-binary.js';
import { invalid } from '../protocols/json-body.js';
import type { ModelInferRequest, ModelInferResponse, TensorContents } from './messages.js';

const CONTENTS = {
  bool: 'bool_contents',
  int32: 'int_contents',
  int64: 'int64_contents',
  float32: 'fp32_contents',
  float64: 'fp64_contents',
  string: 'bytes_contents',
} as const satisfies Record<ElementType, keyof TensorContents>;

/** As over REST: more dimensions than this no input has. */
const MAX_DIMENSIONS = 8;

/** Below this, a size counts rows, and so the work that admission expects of them: a negative one would be less than none. */
function isShape(shape: readonly number[]): boolean {
  return (
    shape.length > 0 &&
    shape.length <= MAX_DIMENSIONS &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  );
}

/** Whether a message that has raw bytes has typed contents as well. */
function hasContents(contents: TensorContents | null): boolean {
  return (
    contents !== null && Object.values(contents as object).some((values: unknown[]) => values.length > 0)
  );
}

/** @throws {RequestError} INVALID_REQUEST */
export function readTensors({ inputs, raw_input_contents: raw }: ModelInferRequest): RawTensor[] {
  if (inputs.length === 0) return invalid('/inputs', 'at least one input', []);
  if (raw.length > 0 && raw.length !== inputs.length) {
    return invalid('/raw_input_contents', `as many entries as inputs (${inputs.length})`, raw);
  }
  return inputs.map(({ name, datatype, shape, contents }, i) => {
    const path = `/inputs/${i}`;
    const type = ELEMENT_TYPES.get(datatype);
    if (type === undefined)
      return invalid(`${path}/datatype`, `one of ${[...ELEMENT_TYPES.keys()].join(', ')}`, datatype);
    if (!isShape(shape)) {
      return invalid(`${path}/shape`, `1 to ${MAX_DIMENSIONS} sizes, none of them negative`, shape);
    }
    const bytes = raw[i];
    if (bytes !== undefined && hasContents(contents)) {
      return invalid(`${path}/contents`, 'nothing beside raw_input_contents', contents);
    }
    const data = bytes === undefined ? typedContents(type, contents) : decodeElements(type, bytes, path);
    return { name, type, shape, data, path };
  });
}

function typedContents(type: ElementType, contents: TensorContents | null): ArrayLike<unknown> {
  const values = contents?.[CONTENTS[type]] ?? [];
  return type === 'string' ? values.map((bytes) => (bytes as Buffer).toString('utf8')) : values;
}

/** Outputs in the form that the request used for its inputs: raw bytes or typed contents. */
export function writeTensors(
  columns: readonly OutputColumn[],
  rows: number,
  asBytes: boolean,
): Pick<ModelInferResponse, 'outputs' | 'raw_output_contents'> {
  const outputs = columns.map((column) => ({
    name: column.name,
    datatype: DATATYPES[column.type],
    shape: column.isScalar ? [rows] : [rows, column.width],
    ...(!asBytes && { contents: { [CONTENTS[column.type]]: elements(column) } }),
  }));
  return asBytes
    ? { outputs, raw_output_contents: columns.map(({ data }) => encodeElements(data)) }
    : { outputs };
}

function elements({ type, data }: OutputColumn): readonly unknown[] {
  switch (type) {
    case 'string':
      return (data as string[]).map((text) => Buffer.from(text, 'utf8'));
    case 'bool':
      return Array.from(data as Uint8Array, (value) => value === 1);
    default:
      return Array.from(data as ArrayLike<number | bigint>, Number);
  }
}
