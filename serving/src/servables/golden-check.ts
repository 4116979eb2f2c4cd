import { LoadError } from '../errors.js';
import type { Manifest, Scalar } from '../model-package/manifest.js';
import type { ModelSession } from './model-session.js';
import type { OutputColumn } from './onnx-session.js';
import type { RowEncoder } from './row-encoder.js';

function equals(column: OutputColumn, index: number, expected: Scalar, tolerance: number): boolean {
  const actual = column.data[index];
  switch (column.type) {
    case 'float32':
    case 'float64':
      return Math.abs((actual as number) - (expected as number)) <= tolerance;
    case 'int64':
      return actual === BigInt(expected);
    case 'bool':
      return (actual === 1) === expected;
    default:
      return actual === expected;
  }
}

function mismatch(column: OutputColumn, manifest: Manifest): string | undefined {
  const expected = manifest.golden.outputs[column.name]!;
  for (let row = 0; row < expected.length; row += 1) {
    const value = expected[row]!;
    const items: readonly Scalar[] = typeof value === 'object' ? value : [value];
    for (let i = 0; i < items.length; i += 1) {
      const index = row * column.width + i;
      if (!equals(column, index, items[i]!, manifest.golden.tolerance)) {
        return `golden row ${row}: ${column.name} is ${String(column.data[index])}, expected ${String(items[i])}`;
      }
    }
  }
  return undefined;
}

/**
 * Warms a session on the golden rows and compares its answers: all rows at once, and the first row alone,
 * because graphs with a fixed batch size pass one of the two.
 *
 * @throws {LoadError} GOLDEN_MISMATCH
 */
export async function checkGoldenRows(
  session: ModelSession,
  encoder: RowEncoder,
  manifest: Manifest,
): Promise<void> {
  const { rows } = manifest.golden;
  try {
    await session.run(encoder.encode(rows.slice(0, 1)));
    const columns = await session.run(encoder.encode(rows));
    for (const column of columns) {
      const difference = mismatch(column, manifest);
      if (difference !== undefined) throw new LoadError('GOLDEN_MISMATCH', difference);
    }
  } catch (cause) {
    if (cause instanceof LoadError) throw cause;
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new LoadError('GOLDEN_MISMATCH', `the graph can't compute the golden rows: ${detail}`, { cause });
  }
}
