import type { ElementType } from '../model-package/manifest.js';
import type { OutputColumn } from './onnx-session.js';
import type { TensorData } from './tensors.js';

/** One element of a tensor as JSON text. */
export type ElementWriter = (index: number) => string;

/** JSON has no NaN or infinity: a score that is not a number is null, never a made-up one. */
function numberJson(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null';
}

/** Reads small 64-bit integers by their halves: a BigInt each would cost more than the rest of the row. */
function int64Writer(data: BigInt64Array): ElementWriter {
  const halves = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
  return (i) => {
    const low = halves[2 * i]!;
    return halves[2 * i + 1] === low >> 31 ? String(low) : String(data[i]);
  };
}

/** Writes the elements of a tensor. Worked out once a tensor, so that an element costs its text alone. */
export function elementWriter(type: ElementType, data: TensorData): ElementWriter {
  switch (type) {
    case 'float32':
    case 'float64': {
      const numbers = data as Float64Array;
      return (i) => numberJson(numbers[i]!);
    }
    case 'bool':
      return (i) => (data[i] === 1 ? 'true' : 'false');
    case 'string':
      return (i) => JSON.stringify(data[i]);
    case 'int64':
      return int64Writer(data as BigInt64Array);
    default:
      return (i) => String(data[i]);
  }
}

/** Writes the value of a row: an element, or a list of them. */
export function rowWriter({ type, data, width, isScalar }: OutputColumn): ElementWriter {
  const write = elementWriter(type, data);
  if (isScalar) return write;
  return (row) => {
    const items: string[] = [];
    for (let i = row * width; i < (row + 1) * width; i += 1) items.push(write(i));
    return `[${items.join()}]`;
  };
}
