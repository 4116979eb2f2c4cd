import { parseArgs } from 'node:util';

/** What a benchmark is told on its command line. */
export interface BenchmarkArguments {
  /** The folder that `tests.support.benchmark_packages` has written. */
  readonly packages: string;
  /** Length of one measurement, in seconds. */
  readonly seconds: number;
  /** Shorter than what the figures of the documentation are measured with: these are left alone. */
  readonly isDraft: boolean;
}

/**
 * Reads `PACKAGES_DIR [--seconds N]`.
 *
 * @param fullSeconds how long a measurement takes unless told otherwise
 * @throws when the folder is missing or the seconds are no positive number
 */
export function benchmarkArguments(fullSeconds: number): BenchmarkArguments {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string', default: String(fullSeconds) } },
  });
  const packages = positionals[0];
  const seconds = Number(values.seconds);
  if (packages === undefined) throw new Error('Expected the folder of the packages to measure with');
  if (!(seconds > 0)) throw new Error(`--seconds must be a positive number, not ${values.seconds}`);
  return { packages, seconds, isDraft: seconds < fullSeconds };
}
