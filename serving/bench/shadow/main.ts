import { join } from 'node:path';
import { sampleOf } from '../../test/support/metric-samples.js';
import { packageIn } from '../../test/support/package-folders.js';
import type { TrafficPolicyDocument } from '../../src/registry/traffic-tags.js';
import { benchmarkArguments } from '../load/arguments.js';
import { CreditRows } from '../load/credit-rows.js';
import { summarise } from '../load/generator/analysis.js';
import { generate } from '../load/generator/generate.js';
import type { Pace } from '../load/generator/plan.js';
import { Publication } from '../load/publication.js';
import { exitCodeOf, type Verdict } from '../load/verdict.js';
import { median } from '../report/statistics.js';
import { figure, markdownTable, type Column } from '../report/table.js';
import { PackageRegistry } from '../tier/package-registry.js';
import { TierProcess } from '../tier/tier-process.js';
import { scoreCosts } from './alone.js';

/**
 * What live requests pay for a shadow: `make bench-shadow`. Tiers that differ in their traffic policy alone run at the
 * same time and are asked in turn, in rounds that each begin with another; a ratio is taken within a round, so that
 * what else the machine does befalls both sides of it.
 */
const FULL_SECONDS = 2;
const ROUNDS = 9;
const WARM_UP_SECONDS = 1;
/** What is left of a measurement when compilers and queues have settled. */
const SETTLED_SHARE = 0.9;
const DRAIN_MS = 2_000;
const PREPARED_REQUESTS = 2_000;

const NONE = 'no shadow';
const ALIKE = 'one like the champion';
const SLOW = 'one of 2 ms a row';
const CHAMPION = 'boosting';
const CHOICES: readonly { readonly title: string; readonly shadow?: string }[] = [
  { title: NONE },
  { title: ALIKE, shadow: 'boosting-b' },
  { title: SLOW, shadow: 'boosting-slow' },
];

interface Load {
  readonly title: string;
  readonly pace: Pace;
}

const SPARE = '300 requests a second';
const FULL = '32 clients, as fast as they are answered';
const LOADS: readonly Load[] = [
  { title: SPARE, pace: { kind: 'open', ratePerSecond: 300, arrivals: 'poisson' } },
  { title: FULL, pace: { kind: 'closed', connections: 32 } },
];

interface Sample {
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly notAnswered: number;
  /** Of the rows that were answered, those that the shadow computed too. */
  readonly shadowed: number;
}

interface Measured {
  readonly load: string;
  readonly shadow: string;
  readonly ask: (seconds: number) => Promise<Sample>;
  readonly rounds: Sample[];
}

const { packages, seconds, isDraft } = benchmarkArguments(FULL_SECONDS);
const publication = new Publication('shadow', isDraft);
const champion = packageIn(join(packages, CHAMPION));
const bodies = (await CreditRows.read(packages, champion)).predict(PREPARED_REQUESTS);
const scores = await scoreCosts(isDraft ? 100_000 : 1_000_000);
const registries: PackageRegistry[] = [];
const tiers: TierProcess[] = [];
const measured: Measured[] = [];
try {
  for (const { title, shadow } of CHOICES) {
    const tier = await startTier(shadow);
    for (const { title: load, pace } of LOADS) {
      measured.push({ load, shadow: title, ask: (s) => ask(tier, pace, s), rounds: [] });
    }
  }
  for (const { ask: warmUp } of measured) await warmUp(Math.min(WARM_UP_SECONDS, seconds));
  for (let round = 0; round < (isDraft ? 3 : ROUNDS); round += 1) {
    for (const { title } of LOADS) {
      const ofLoad = measured.filter(({ load }) => load === title);
      const first = round % ofLoad.length;
      for (const each of [...ofLoad.slice(first), ...ofLoad.slice(0, first)]) {
        each.rounds.push(await each.ask(seconds));
      }
    }
    process.stdout.write(`round ${round + 1}\n`);
  }
} finally {
  for (const tier of tiers) await tier.stop();
  for (const registry of registries) await registry.stop();
}

/** A tier whose policy gives all requests of the champion to a shadow as well. */
async function startTier(shadow: string | undefined): Promise<TierProcess> {
  const versions = [champion, ...(shadow === undefined ? [] : [packageIn(join(packages, shadow))])];
  const policy: TrafficPolicyDocument =
    shadow === undefined ? {} : { shadow: { version: '2', percent: 100 } };
  const registry = await PackageRegistry.start(versions, policy);
  registries.push(registry);
  const tier = await TierProcess.start(registry, champion.manifest.model_name);
  tiers.push(tier);
  return tier;
}

async function shadowedRows(tier: TierProcess): Promise<number> {
  return sampleOf(await tier.metrics(), 'serving_shadow_rows_total') ?? 0;
}

async function ask(tier: TierProcess, pace: Pace, forSeconds: number): Promise<Sample> {
  const rowsBefore = await shadowedRows(tier);
  const before = await tier.usage;
  const durationMs = forSeconds * 1_000;
  const { streams } = await generate({
    port: tier.port,
    durationMs,
    drainMs: DRAIN_MS,
    seed: 1,
    streams: [
      {
        name: 'live',
        method: 'POST',
        path: '/predict',
        headers: { 'content-type': 'application/json' },
        bodies,
        pace,
      },
    ],
  });
  const after = await tier.usage;
  const all = summarise(streams, { fromMs: 0, toMs: Infinity });
  const settled = summarise(streams, { fromMs: durationMs * (1 - SETTLED_SHARE), toMs: durationMs });
  return {
    requestsPerSecond: settled.answeredPerSecond,
    cpuUsPerRequest: (after.cpuUs - before.cpuUs) / all.answered,
    p50Ms: settled.p50Ms,
    p99Ms: settled.p99Ms,
    notAnswered: all.shed + all.failed,
    shadowed: ((await shadowedRows(tier)) - rowsBefore) / all.answered,
  };
}

function find(load: string, shadow: string): Measured {
  return measured.find((each) => each.load === load && each.shadow === shadow)!;
}

/** Of the same tier without a shadow, round against round. */
function ratio(load: string, shadow: string, of: keyof Sample): number {
  const bare = find(load, NONE).rounds;
  return median(find(load, shadow).rounds.map((sample, round) => sample[of] / bare[round]![of]));
}

function middle({ rounds }: Measured, of: keyof Sample): number {
  return median(rounds.map((sample) => sample[of]));
}

const COLUMNS: readonly Column<Measured>[] = [
  { heading: 'asked for', cell: ({ load }) => load },
  { heading: 'shadow', cell: ({ shadow }) => shadow },
  {
    heading: 'CPU a request',
    align: 'right',
    cell: (each) => `${figure(middle(each, 'cpuUsPerRequest'))} µs`,
  },
  {
    heading: 'of no shadow',
    align: 'right',
    cell: ({ load, shadow }) => `${figure(ratio(load, shadow, 'cpuUsPerRequest'))}x`,
  },
  {
    heading: 'requests/s',
    align: 'right',
    cell: (each) => figure(middle(each, 'requestsPerSecond')),
  },
  { heading: 'p50', align: 'right', cell: (each) => `${figure(middle(each, 'p50Ms'))} ms` },
  { heading: 'p99', align: 'right', cell: (each) => `${figure(middle(each, 'p99Ms'))} ms` },
  {
    heading: 'shadowed',
    align: 'right',
    cell: (each) => `${figure(100 * middle(each, 'shadowed'))} %`,
  },
];

const verdicts: Verdict[] = [
  {
    promise: `CPU a request at ${SPARE} beside ${ALIKE}, of that without`,
    measured: ratio(SPARE, ALIKE, 'cpuUsPerRequest'),
    limit: 2,
    unit: 'x',
  },
  ...[ALIKE, SLOW].flatMap((shadow): Verdict[] => [
    {
      promise: `p50 at ${SPARE} beside ${shadow}, of that without`,
      measured: ratio(SPARE, shadow, 'p50Ms'),
      limit: 1.5,
      unit: 'x',
    },
    {
      promise: `requests a second of ${FULL} without a shadow, of those beside ${shadow}`,
      measured: 1 / ratio(FULL, shadow, 'requestsPerSecond'),
      limit: 1.5,
      unit: 'x',
    },
  ]),
  {
    promise: 'live requests that were not answered',
    measured: measured.flatMap(({ rounds }) => rounds).reduce((sum, each) => sum + each.notAnswered, 0),
    limit: 0,
    unit: '',
  },
];
const byLoad = LOADS.flatMap(({ title }) => measured.filter(({ load }) => load === title));
const raw = measured.map(({ load, shadow, rounds }) => ({ load, shadow, rounds }));
const scored = `Counting scores takes ${figure(scores.oneRowUs)} µs of a request of one row, ${figure(scores.manyRowsUs)} µs of one of 10,000.`;
await publication.write([markdownTable(COLUMNS, byLoad), scored], verdicts, { measured: raw, scores });
process.exitCode = exitCodeOf(verdicts);
