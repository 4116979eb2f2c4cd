import { join } from 'node:path';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { packageIn } from '../../test/support/package-folders.js';
import { benchmarkArguments } from '../load/arguments.js';
import { CreditRows } from '../load/credit-rows.js';
import { Publication } from '../load/publication.js';
import { exitCodeOf, type Verdict } from '../load/verdict.js';
import { median } from '../report/statistics.js';
import { figure, markdownTable } from '../report/table.js';
import { capacityOf, measure, REQUEST_ROWS, type Measurement } from './measurement.js';
import { fairnessPlot, latencyPlot, outcomePlot, type Series } from './plots.js';
import { startTier, startUnbounded, type ServerUnderLoad } from './server-under-load.js';

/**
 * Offers four times of what a server can answer, and lets one client flood the others: `make overload`.
 *
 * The model is made slow, so that the server is full long before the generator beside it is. Requests are due at
 * random times that the generator keeps to whatever happens (open loop), and latency counts from then.
 */
const FULL_SECONDS = 20;
const WARM_UP_SECONDS = 2;
const CAPACITY_ROUNDS = 3;
const OVERLOAD = 4;
const OTHERS = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
/** What each of them asks for, of the capacity. */
const OTHERS_SHARE = 0.1;
const FLOODER = '127.0.0.9';
const ROUNDS = 2;
const ALLOWED_OVERLOAD_RATIO = 3;
const ALLOWED_FLOOD_RATIO = 2;

const { packages, seconds, isDraft } = benchmarkArguments(FULL_SECONDS);
const publication = new Publication('overload', isDraft);
const slow = packageIn(join(packages, 'boosting-slow'));
const bodies = (await CreditRows.read(packages, slow)).predict(250, REQUEST_ROWS);
const client = {
  name: 'client',
  method: 'POST',
  path: '/predict',
  headers: { 'content-type': 'application/json' },
  bodies,
} as const;

interface Result {
  readonly server: 'tier' | 'unbounded';
  readonly capacity: number;
  readonly full: Measurement;
  readonly overloaded: Measurement;
  readonly alone: readonly Measurement[];
  readonly flooded: readonly Measurement[];
}

type Start = (modelPackage: ModelPackage) => Promise<ServerUnderLoad>;

/** A server of its own for each measurement: an unbounded one is busy with the last overload long after it. */
async function withServer<T>(start: Start, use: (port: number) => Promise<T>): Promise<T> {
  const server = await start(slow);
  try {
    await capacityOf(server.port, client, WARM_UP_SECONDS);
    return await use(server.port);
  } finally {
    await server.stop();
  }
}

async function examine(name: Result['server'], start: Start): Promise<Result> {
  const say = (text: string) => process.stdout.write(`${name}: ${text}\n`);
  const capacity = await withServer(start, async (port) => {
    const measured: number[] = [];
    for (let round = 0; round < CAPACITY_ROUNDS; round += 1) {
      measured.push(await capacityOf(port, client, Math.max(1, seconds / 4)));
    }
    return median(measured);
  });
  say(`answers ${figure(capacity)} requests a second`);

  const offer = (times: number) =>
    withServer(start, (port) => measure(port, seconds, [{ client, ratePerSecond: capacity * times }]));
  const full = await offer(1);
  const overloaded = await offer(OVERLOAD);
  say(
    `p99 ${figure(full.summary.p99Ms)} ms at capacity, ` +
      `${figure(overloaded.summary.p99Ms)} ms at ${OVERLOAD} times that`,
  );

  const others = OTHERS.map((from) => ({
    client: { ...client, name: from, from },
    ratePerSecond: capacity * OTHERS_SHARE,
  }));
  const flood = { client: { ...client, name: FLOODER, from: FLOODER }, ratePerSecond: capacity * OVERLOAD };
  const isOther = (from: string) => from !== FLOODER;
  const alone: Measurement[] = [];
  const flooded: Measurement[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    alone.push(await withServer(start, (port) => measure(port, seconds, others, isOther)));
    flooded.push(await withServer(start, (port) => measure(port, seconds, [...others, flood], isOther)));
  }
  say(`p99 of the others ${figure(p99Of(alone))} ms alone, ${figure(p99Of(flooded))} ms beside a flood`);
  return { server: name, capacity, full, overloaded, alone, flooded };
}

function p99Of(measurements: readonly Measurement[]): number {
  return median(measurements.map(({ summary }) => summary.p99Ms));
}

const results = [await examine('tier', startTier), await examine('unbounded', startUnbounded)] as const;
const nameOf = ({ server }: Result) => (server === 'tier' ? 'this tier' : 'unbounded server');
const loads = results.flatMap((result) => [
  { result, load: 'its capacity', offered: result.capacity, measurement: result.full },
  {
    result,
    load: `${OVERLOAD} times that`,
    offered: result.capacity * OVERLOAD,
    measurement: result.overloaded,
  },
]);
const table = markdownTable(
  [
    { heading: 'server', cell: ({ result }) => nameOf(result) },
    { heading: 'offered', cell: ({ load }) => load },
    { heading: 'requests/s', align: 'right', cell: ({ offered }) => figure(offered) },
    {
      heading: 'answered/s',
      align: 'right',
      cell: ({ measurement }) => figure(measurement.summary.answeredPerSecond),
    },
    { heading: 'shed', align: 'right', cell: ({ measurement }) => share(measurement, 'shed') },
    { heading: 'no answer', align: 'right', cell: ({ measurement }) => share(measurement, 'failed') },
    { heading: 'p50', align: 'right', cell: ({ measurement }) => `${figure(measurement.summary.p50Ms)} ms` },
    { heading: 'p99', align: 'right', cell: ({ measurement }) => `${figure(measurement.summary.p99Ms)} ms` },
  ],
  loads,
);
const fairness = markdownTable(
  [
    { heading: 'server', cell: nameOf },
    {
      heading: 'p99 of the others, alone',
      align: 'right',
      cell: ({ alone }) => `${figure(p99Of(alone))} ms`,
    },
    {
      heading: 'beside a flood',
      align: 'right',
      cell: ({ flooded }) => `${figure(p99Of(flooded))} ms`,
    },
    {
      heading: 'shed or unanswered, of theirs',
      align: 'right',
      cell: ({ flooded }) =>
        percent(
          sum(flooded, ({ shed, failed }) => shed + failed),
          sum(flooded, ({ requests }) => requests),
        ),
    },
  ],
  results,
);

function share({ summary }: Measurement, outcome: 'shed' | 'failed'): string {
  return percent(summary[outcome], summary.requests);
}

function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(1)} %`;
}

function sum(measurements: readonly Measurement[], of: (summary: Measurement['summary']) => number): number {
  return measurements.reduce((total, { summary }) => total + of(summary), 0);
}

const [tier] = results;
const verdicts: Verdict[] = [
  {
    promise: `p99 of answered requests at ${OVERLOAD} times the capacity, of that at capacity`,
    measured: tier.overloaded.summary.p99Ms / tier.full.summary.p99Ms,
    limit: ALLOWED_OVERLOAD_RATIO,
    unit: 'x',
  },
  {
    promise: 'p99 of the other clients beside a flood, of that without it',
    measured: p99Of(tier.flooded) / p99Of(tier.alone),
    limit: ALLOWED_FLOOD_RATIO,
    unit: 'x',
  },
  {
    promise: 'requests of the other clients that were shed or not answered beside a flood',
    measured:
      (100 * sum(tier.flooded, ({ shed, failed }) => shed + failed)) /
      sum(tier.flooded, ({ requests }) => requests),
    limit: 1,
    unit: ' %',
  },
  {
    promise: 'requests without any answer under overload',
    measured: tier.overloaded.summary.failed,
    limit: 0,
    unit: '',
  },
];

const latencySeries: Series[] = loads.map(({ result, load, measurement }) => ({
  server: nameOf(result),
  load,
  slices: measurement.slices,
}));
const fairnessSeries: Series[] = results.flatMap((result) => [
  { server: nameOf(result), load: 'alone', slices: result.alone[0]!.slices },
  { server: nameOf(result), load: 'beside the flood', slices: result.flooded[0]!.slices },
]);
const lags = results.map(
  ({ full, overloaded }, i) =>
    `${figure(Math.max(full.largestLagMs, overloaded.largestLagMs))} ms (${nameOf(results[i]!)})`,
);
await publication.write(
  [
    table,
    await publication.plot(
      'overload-latency',
      latencyPlot(latencySeries),
      'p99 over time at capacity and at four times that',
    ),
    await publication.plot(
      'overload-outcomes',
      outcomePlot(latencySeries.filter((_, i) => i % 2 === 1)),
      'Answered, shed and unanswered requests over time',
    ),
    fairness,
    await publication.plot(
      'overload-fairness',
      fairnessPlot(fairnessSeries),
      'p99 of other clients over time, alone and beside a flood',
    ),
    `The generator sent its requests at most ${lags.join(', ')} after they were due; that counts as latency here.`,
  ],
  verdicts,
  { results },
);
process.exitCode = exitCodeOf(verdicts);
