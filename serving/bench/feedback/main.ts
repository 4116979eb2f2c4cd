import { join } from 'node:path';
import { packageIn } from '../../test/support/package-folders.js';
import type { Load } from '../configs/questions.js';
import { asker, middleOf, type Sample } from '../configs/measurement.js';
import { benchmarkArguments } from '../load/arguments.js';
import { CreditRows } from '../load/credit-rows.js';
import { Publication } from '../load/publication.js';
import { exitCodeOf, type Verdict } from '../load/verdict.js';
import { median } from '../report/statistics.js';
import { figure, markdownTable, type Column } from '../report/table.js';
import { PackageRegistry } from '../tier/package-registry.js';
import { TierProcess } from '../tier/tier-process.js';
import { costsAlone, type AloneCost } from './alone.js';

/**
 * What a request pays for drift and for the prediction log: `make bench-feedback`. Tiers that differ in nothing else
 * run at the same time and are asked in turn, in rounds that each begin with another; a ratio is taken within a
 * round, so that what else the machine does befalls both sides of it.
 */
const FULL_SECONDS = 2;
const ROUNDS = 9;
const WARM_UP_SECONDS = 1;
/** CPU of a request of one row with the defaults, of that without drift and log. */
const MAX_RATIO = 1.05;

const NO_DRIFT = { DRIFT_ROWS_PER_SECOND: '0' };
const NO_LOG = { PREDICTION_LOG: 'off' };
const DEFAULTS = 'both, the defaults';
const CHOICES: readonly { readonly title: string; readonly settings: Readonly<Record<string, string>> }[] = [
  { title: 'neither', settings: { ...NO_DRIFT, ...NO_LOG } },
  { title: 'drift', settings: NO_LOG },
  { title: 'prediction log', settings: NO_DRIFT },
  { title: DEFAULTS, settings: {} },
  {
    title: 'every row is logged',
    settings: {
      ...NO_DRIFT,
      PREDICTION_LOG_ROWS_PER_SECOND: '10000000',
      PREDICTION_LOG_ROWS_PER_REQUEST: '10000',
    },
  },
];
const LOADS: readonly Load[] = [
  { title: '1 row', protocol: 'names', rows: 1, clients: 32 },
  { title: '100 rows', protocol: 'names', rows: 100, clients: 16 },
];

interface Measured {
  readonly load: string;
  readonly choice: string;
  readonly ask: (seconds: number) => Promise<Sample>;
  readonly rounds: Sample[];
}

const { packages, seconds, isDraft } = benchmarkArguments(FULL_SECONDS);
const publication = new Publication('feedback', isDraft);
const modelPackage = packageIn(join(packages, 'boosting'));
const credit = await CreditRows.read(packages, modelPackage);
const alone = await costsAlone(modelPackage, credit.batches(1, 2_000)[0]!, isDraft ? 20_000 : 100_000);
const registry = await PackageRegistry.start([modelPackage]);
const tiers: TierProcess[] = [];
const measured: Measured[] = [];
try {
  for (const { title, settings } of CHOICES) {
    const tier = await TierProcess.start(registry, modelPackage.manifest.model_name, settings);
    tiers.push(tier);
    for (const load of LOADS) {
      measured.push({ load: load.title, choice: title, ask: asker(tier, load, credit), rounds: [] });
    }
  }
  for (const { ask } of measured) await ask(Math.min(WARM_UP_SECONDS, seconds));
  for (let round = 0; round < (isDraft ? 3 : ROUNDS); round += 1) {
    for (const load of LOADS) {
      const ofLoad = measured.filter((each) => each.load === load.title);
      const first = round % ofLoad.length;
      for (const { ask, rounds } of [...ofLoad.slice(first), ...ofLoad.slice(0, first)]) {
        rounds.push(await ask(seconds));
      }
    }
    process.stdout.write(`round ${round + 1}\n`);
  }
} finally {
  for (const tier of tiers) await tier.stop();
  await registry.stop();
}

/** Of the CPU of a request without drift and log, round against round. */
function ratiosOf({ load, rounds }: Measured): number[] {
  const bare = measured.find((each) => each.load === load)!;
  return rounds.map(({ cpuUsPerRequest }, round) => cpuUsPerRequest / bare.rounds[round]!.cpuUsPerRequest);
}

const COLUMNS: readonly Column<Measured>[] = [
  { heading: 'asked for', cell: ({ load }) => load },
  { heading: 'on', cell: ({ choice }) => choice },
  {
    heading: 'CPU a request',
    align: 'right',
    cell: ({ rounds }) => `${figure(middleOf(rounds).cpuUsPerRequest)} µs`,
  },
  {
    heading: 'of neither',
    align: 'right',
    cell: (each) => {
      const ratios = ratiosOf(each);
      const ends = `${figure(Math.min(...ratios))} to ${figure(Math.max(...ratios))}`;
      return `${figure(median(ratios))}x (${ends})`;
    },
  },
  {
    heading: 'requests/s',
    align: 'right',
    cell: ({ rounds }) => figure(middleOf(rounds).requestsPerSecond),
  },
  { heading: 'p99', align: 'right', cell: ({ rounds }) => `${figure(middleOf(rounds).p99Ms)} ms` },
];

const ALONE_COLUMNS: readonly Column<AloneCost>[] = [
  { heading: 'by itself, without a server', cell: ({ what }) => what },
  { heading: 'CPU', align: 'right', cell: ({ cpuUs }) => `${figure(cpuUs)} µs` },
];

const byLoad = LOADS.flatMap(({ title }) => measured.filter(({ load }) => load === title));
const verdicts: Verdict[] = LOADS.map(({ title }) => ({
  promise: `CPU of a request of ${title} with drift and prediction log, of that without`,
  measured: median(ratiosOf(measured.find(({ load, choice }) => load === title && choice === DEFAULTS)!)),
  limit: MAX_RATIO,
  unit: 'x',
}));
const raw = measured.map(({ load, choice, rounds }) => ({ load, choice, rounds }));
await publication.write([markdownTable(COLUMNS, byLoad), markdownTable(ALONE_COLUMNS, alone)], verdicts, {
  measured: raw,
  alone,
});
process.exitCode = exitCodeOf(verdicts);
