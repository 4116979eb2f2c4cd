import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where raw figures are kept; not committed. */
export const RESULTS = fileURLToPath(new URL('../../../.reports/bench/', import.meta.url));

/** Keeps every single measurement, so that tables and plots can be doubted. */
export async function writeResults(name: string, results: unknown): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const path = join(RESULTS, `${name}.json`);
  await writeFile(path, `${JSON.stringify(results, undefined, 1)}\n`);
  return path;
}
