import { rowWriter, type ElementWriter } from '../servables/element-json.js';
import type { OutputColumn } from '../servables/onnx-session.js';
import type { OutputRows } from './micro-batcher.js';

interface BatchWriter {
  readonly keys: readonly string[];
  readonly writers: readonly ElementWriter[];
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
