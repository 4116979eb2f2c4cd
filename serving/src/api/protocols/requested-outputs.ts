import type { OutputColumn } from '../../servables/onnx-session.js';
import { invalid } from './json-body.js';

/**
 * The outputs that a request names, in its order; all of them where it names none.
 * @throws {RequestError} INVALID_REQUEST
 */
export function requestedOutputs(
  requested: readonly { readonly name: string }[] | undefined,
  columns: readonly OutputColumn[],
): readonly OutputColumn[] {
  if (requested === undefined || requested.length === 0) return columns;
  return requested.map(({ name }, i) => {
    const names = columns.map((column) => column.name).join(', ');
    const found = columns.find((column) => column.name === name);
    return found ?? invalid(`/outputs/${i}/name`, `one of the outputs ${names}`, name);
  });
}
