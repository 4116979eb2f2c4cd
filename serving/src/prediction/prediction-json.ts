import type { OutputColumn } from '../servables/onnx-session.js';
import type { OutputRows } from './micro-batcher.js';

type Writer = (index: number) => string;

/** JSON has no NaN or infinity: a score that is not a number is null, never a made-up one. */
function numberJson(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null';
}

/** Reads small 64-bit integers by their halves: a BigInt each would cost more than the rest of the row. */
function int64Writer(data: BigInt64Array): Writer {
  const halves = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
  return (i) => {
    const low = halves[2 * i]!;
    return halves[2 * i + 1] === low >> 31 ? String(low) : String(data[i]);
  };
}

function valueWriter({ type, data }: OutputColumn): Writer {
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

function rowWriter(column: OutputColumn): Writer {
  const write = valueWriter(column);
  if (column.isScalar) return write;
  const { width } = column;
  return (row) => {
    const items: string[] = [];
    for (let i = row * width; i < (row + 1) * width; i += 1) items.push(write(i));
    return `[${items.join()}]`;
  };
}

interface BatchWriter {
  readonly keys: readonly string[];
  readonly writers: readonly Writer[];
}

/** Requests of one batch share its columns, and so what is worked out for them. */
const writersOfBatches = new WeakMap<readonly OutputColumn[], BatchWriter>();

function batchWriter(columns: readonly OutputColumn[]): BatchWriter {
  let writer = writersOfBatches.get(columns);
  if (writer === undefined) {
    writer = {
      keys: columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`),
      writers: columns.map(rowWriter),
    };
    writersOfBatches.set(columns, writer);
  }
  return writer;
}

/**
 * The list of predictions as JSON text, one object a row with one key an output. Written by hand because the
 * keys are known: objects built for JSON.stringify cost more than the graph does.
 */
export function predictionsJson({ columns, from, to }: OutputRows): string {
  const { keys, writers } = batchWriter(columns);
  let text = '[';
  for (let row = from; row < to; row += 1) {
    if (row > from) text += ',';
    for (let i = 0; i < writers.length; i += 1) text += keys[i]! + writers[i]!(row);
    text += '}';
  }
  return `${text}]`;
}
