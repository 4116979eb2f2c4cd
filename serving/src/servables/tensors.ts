import * as ort from 'onnxruntime-node';
import type { ElementType } from '../model-package/manifest.js';

/** Values of one tensor, row by row. bool is held as 0 and 1, int64 as BigInt, as onnxruntime has them. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | string[];

const CONSTRUCTORS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

/** @param length elements, not bytes */
export function allocate(type: ElementType, length: number): TensorData {
  if (type === 'string') return new Array<string>(length).fill('');
  return new CONSTRUCTORS[type](length);
}

/** Joins parts of one type, in order. */
export function concatenate(type: ElementType, parts: readonly TensorData[]): TensorData {
  if (parts.length === 1) return parts[0]!;
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = allocate(type, total);
  let offset = 0;
  for (const part of parts) {
    if (Array.isArray(whole)) {
      for (let i = 0; i < part.length; i += 1) whole[offset + i] = part[i] as string;
    } else {
      (whole as Float64Array).set(part as Float64Array, offset);
    }
    offset += part.length;
  }
  return whole;
}

/** A part of the rows: a view where there is one, a copy of references for strings. */
export function sliceRows(data: TensorData, width: number, from: number, to: number): TensorData {
  return Array.isArray(data)
    ? data.slice(from * width, to * width)
    : (data.subarray(from * width, to * width) as TensorData);
}

export function toOrtTensor(type: ElementType, data: TensorData, dims: readonly number[]): ort.Tensor {
  switch (type) {
    case 'string':
      return new ort.Tensor('string', data as string[], dims);
    case 'bool':
      return new ort.Tensor('bool', data as Uint8Array, dims);
    case 'int64':
      return new ort.Tensor('int64', data as BigInt64Array, dims);
    case 'int32':
      return new ort.Tensor('int32', data as Int32Array, dims);
    case 'float64':
      return new ort.Tensor('float64', data as Float64Array, dims);
    case 'float32':
      return new ort.Tensor('float32', data as Float32Array, dims);
  }
}
