import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { RESULTS } from '../report/raw-results.js';
import { compareWithHistory, describeComparisons, runSchema, type Run } from './history.js';

/**
 * Adds what benchmarks have just measured to a history, and shows it beside what was usual: `make bench-history`.
 *
 *   node --import tsx bench/history/main.ts HISTORY --commit SHA
 *
 * HISTORY is a file of one line a run; it is made where there is none. The exit code is 1 where a figure is far worse
 * than usual.
 */
const resultsSchema = z.object({
  verdicts: z.array(
    z.object({
      promise: z.string(),
      // What could not be measured is null in JSON.
      measured: z
        .number()
        .nullable()
        .transform((measured) => measured ?? Number.NaN),
      limit: z.number(),
      unit: z.string(),
    }),
  ),
});

const { values, positionals } = parseArgs({
  options: { commit: { type: 'string', default: 'unknown' } },
  allowPositionals: true,
});
const [file] = positionals;
if (file === undefined) throw new Error('usage: bench/history/main.ts HISTORY --commit SHA');

const names = (await readdir(RESULTS).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
const read = await Promise.all(
  names.map(async (name) => resultsSchema.safeParse(JSON.parse(await readFile(join(RESULTS, name), 'utf8')))),
);
const verdicts = read.flatMap(({ data }) => data?.verdicts ?? []);
if (verdicts.length === 0) throw new Error(`${RESULTS} has no figures: run make bench or make soak first.`);

const lines = await readFile(file, 'utf8').catch(() => '');
const earlier = lines
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => runSchema.parse(JSON.parse(line)));

const comparisons = compareWithHistory(verdicts, earlier);
process.stdout.write(`${describeComparisons(comparisons)}\n`);
const run: Run = {
  commit: values.commit,
  at: new Date().toISOString(),
  figures: Object.fromEntries(
    verdicts.flatMap(({ promise, measured }) => (Number.isFinite(measured) ? [[promise, measured]] : [])),
  ),
};
await mkdir(dirname(file), { recursive: true });
await appendFile(file, `${JSON.stringify(run)}\n`);
if (comparisons.some(({ worse }) => worse)) process.exitCode = 1;
