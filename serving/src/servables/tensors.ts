import type { ElementType } from '../model-package/manifest.js';
import { Tensor } from './onnxruntime.js';

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

/** Copies all elements of one tensor into another of its type, from the given element on. */
export function copyRows(source: TensorData, target: TensorData, at: number): void {
  if (Array.isArray(target)) {
    for (let i = 0; i < source.length; i += 1) target[at + i] = source[i] as string;
  } else {
    (target as Float64Array).set(source as Float64Array, at);
  }
}

/** Copies so many elements of one tensor into another of its type. */
export function copyElements(
  source: TensorData,
  from: number,
  target: TensorData,
  at: number,
  count: number,
): void {
  if (count === 1) (target as Float64Array)[at] = (source as Float64Array)[from]!;
  else if (Array.isArray(target))
    for (let i = 0; i < count; i += 1) target[at + i] = source[from + i] as string;
  else (target as Float64Array).set((source as Float64Array).subarray(from, from + count), at);
}

/** A part of the rows: a view where there is one, a copy of references for strings. */
export function sliceRows(data: TensorData, width: number, from: number, to: number): TensorData {
  return Array.isArray(data)
    ? data.slice(from * width, to * width)
    : (data.subarray(from * width, to * width) as TensorData);
}

export function toOrtTensor(type: ElementType, data: TensorData, dims: readonly number[]): Tensor {
  switch (type) {
    case 'string':
      return new Tensor('string', data as string[], dims);
    case 'bool':
      return new Tensor('bool', data as Uint8Array, dims);
    case 'int64':
      return new Tensor('int64', data as BigInt64Array, dims);
    case 'int32':
      return new Tensor('int32', data as Int32Array, dims);
    case 'float64':
      return new Tensor('float64', data as Float64Array, dims);
    case 'float32':
      return new Tensor('float32', data as Float32Array, dims);
  }
}
