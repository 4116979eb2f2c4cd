import type { OutputColumn } from '../servables/onnx-session.js';

type Writer = (index: number) => string;

/** JSON has no NaN or infinity: a score that is not a number is null, never a made-up one. */
function numberJson(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null';
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

/**
 * The list of predictions as JSON text, one object a row with one key an output. Written by hand because the
 * keys are known: objects built for JSON.stringify cost more than the graph does.
 */
export function predictionsJson(columns: readonly OutputColumn[], rows: number): string {
  const writers = columns.map(rowWriter);
  const keys = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  let text = '[';
  for (let row = 0; row < rows; row += 1) {
    if (row > 0) text += ',';
    for (let i = 0; i < writers.length; i += 1) text += keys[i]! + writers[i]!(row);
    text += '}';
  }
  return `${text}]`;
}
