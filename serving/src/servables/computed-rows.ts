import type { OutputColumn } from './onnx-session.js';
import type { TensorData } from './tensors.js';

/** Rows of one request as the graph saw them, and what it answered, in tensors that they may share with others. */
export interface ComputedRows {
  /** One entry a graph input; element [row * width + column]. */
  readonly inputs: readonly TensorData[];
  /** The row of `inputs` that is the first of the request. */
  readonly inputRow: number;
  readonly columns: readonly OutputColumn[];
  /** The row of `columns` that is the first of the request. */
  readonly outputRow: number;
  readonly rows: number;
}
