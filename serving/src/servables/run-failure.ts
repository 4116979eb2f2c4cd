import { messageOf } from '../errors.js';

/** Where onnxruntime stops naming parts of the graph, and begins to quote what it computed with. */
const QUOTING = /:? *Status Message: .*$/s;

/**
 * What onnxruntime says of a run that failed, as far as it may be logged: which node of the graph, and not the value
 * that was too much for it, such as `idx=77` of a table that has two entries.
 */
export function runFailure(thrown: unknown): Error {
  return new Error(messageOf(thrown).replace(QUOTING, ''));
}
