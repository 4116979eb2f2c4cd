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
  const left = new Map(columns.map((column) => [column.name, column]));
  return requested.map(({ name }, i) => {
    const column = left.get(name);
    if (column !== undefined) {
      // A small request could otherwise ask for an answer of any size.
      left.delete(name);
      return column;
    }
    const names = columns.map((each) => each.name);
    const expected = names.includes(name) ? 'each output once' : `one of the outputs ${names.join(', ')}`;
    return invalid(`/outputs/${i}/name`, expected, name);
  });
}
