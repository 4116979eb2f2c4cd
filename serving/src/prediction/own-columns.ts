import type { OutputColumn } from '../servables/onnx-session.js';
import { sliceRows } from '../servables/tensors.js';
import type { OutputRows } from './micro-batcher.js';

/** The columns of one request's rows alone, out of those of the batch. */
export function ownColumns({ columns, from, to }: OutputRows): readonly OutputColumn[] {
  return columns.map((column) => ({ ...column, data: sliceRows(column.data, column.width, from, to) }));
}
