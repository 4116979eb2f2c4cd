import { z } from 'zod';
import { readConfig } from '../../config.js';
import { file, flag, FLAG, parseOptions, print, TEXT } from '../command-line.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { measure } from '../measure.js';

const options = z.strictObject({ package: file, json: flag });

/** By the default settings of a tier, whatever surrounds the command: figures of two packages are to be compared. */
export async function runMeasure(args: string[]): Promise<ExitCode> {
  const { package: folder, json } = parseOptions(args, { package: TEXT, json: FLAG }, options);
  const result = await measure(folder, readConfig({}));
  const { p50, p90, p99 } = result.latency_ms;
  print(
    json,
    result,
    `${result.digest} loads in ${result.load_ms} ms; a row takes ${p50} ms (p50), ${p90} ms (p90), ${p99} ms (p99); ` +
      `${result.rows_per_second} rows a second in batches`,
  );
  return EXIT.ok;
}
