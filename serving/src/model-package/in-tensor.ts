import type { ElementType, Scalar } from './manifest.js';

/** What a value of the manifest becomes in a tensor of the type: 0.1 is another number there if it is one of float32. */
export function inTensor(value: number, type: ElementType): number;
export function inTensor(value: Scalar, type: ElementType): number | string;
export function inTensor(value: Scalar, type: ElementType): number | string {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' && type === 'float32' ? Math.fround(value) : value;
}
