import { join } from 'node:path';
import { packageIn } from '../../test/support/package-folders.js';
import { sampleOf } from '../../test/support/metric-samples.js';
import { benchmarkArguments } from '../load/arguments.js';
import { CreditRows } from '../load/credit-rows.js';
import { summarise, type Window } from '../load/generator/analysis.js';
import { startLoad } from '../load/generator/generate.js';
import { Publication } from '../load/publication.js';
import { exitCodeOf, type Verdict } from '../load/verdict.js';
import { figure, markdownTable } from '../report/table.js';
import { PackageRegistry } from '../tier/package-registry.js';
import { TierProcess } from '../tier/tier-process.js';
import {
  largeBinaryRequest,
  largeJsonRequest,
  LIMITS,
  loadOfLargeModel,
  type Disturbance,
} from './disturbances.js';
import { blockingPlot } from './plot.js';

/**
 * Loads a model of 200 MB and computes requests of 50,000 rows while a stream of small requests and readiness
 * probes goes on, and looks for the longest time that one of these had to wait: `make bench-blocking`.
 */
const FULL_SECONDS = 8;
const REPEATS = 3;
const WARM_UP_MS = 3_000;
const PAUSE_MS = 500;
const DRAIN_MS = 10_000;
const LIMIT_MS = 50;
const SMALL = 'small requests';
const PROBES = 'readiness probes';
const QUIET = 'nothing else';

const { packages, seconds, isDraft } = benchmarkArguments(FULL_SECONDS);
const publication = new Publication('blocking', isDraft);
const versions = ['boosting', 'lookup'].map((name) => packageIn(join(packages, name)));
const { model_name: modelName } = versions[0]!.manifest;
const rows = await CreditRows.read(packages, versions[0]!);
const registry = await PackageRegistry.start(versions);
const tier = await TierProcess.start(registry, modelName, LIMITS);

const clock = () => performance.timeOrigin + performance.now();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Longest turn of the tier's event loop, in milliseconds, since this was last asked. */
async function longestTurnMs(): Promise<number> {
  return (sampleOf(await tier.metrics(), 'nodejs_eventloop_lag_max_seconds') ?? Number.NaN) * 1_000;
}

interface Observed {
  readonly name: string;
  /** By the clock. */
  readonly window: Window;
  readonly turnMs: number;
}

/** Small requests, probes, and one thing after the other; each repeated in turn. */
async function observe(disturbances: readonly Disturbance[]) {
  const load = startLoad({
    port: tier.port,
    durationMs: Infinity,
    drainMs: DRAIN_MS,
    seed: 1,
    streams: [
      {
        name: SMALL,
        method: 'POST',
        path: '/predict',
        headers: { 'content-type': 'application/json' },
        bodies: rows.predict(2_000),
        pace: { kind: 'open', ratePerSecond: 400, arrivals: 'poisson' },
      },
      {
        name: PROBES,
        method: 'GET',
        path: '/health/ready',
        pace: { kind: 'open', ratePerSecond: 100, arrivals: 'even' },
      },
    ],
  });
  await pause(WARM_UP_MS);
  const observed: Observed[] = [];
  for (let round = 0; round < REPEATS; round += 1) {
    for (const { name, run } of disturbances) {
      await longestTurnMs();
      const fromMs = clock();
      await run();
      // What was blocked until the end is still to be answered.
      await pause(PAUSE_MS);
      observed.push({ name, window: { fromMs, toMs: clock() }, turnMs: await longestTurnMs() });
      await pause(PAUSE_MS);
    }
  }
  load.stop();
  return { observed, generated: await load.finished };
}

const quiet: Disturbance = {
  name: QUIET,
  run: async () => {
    await pause((seconds * 1_000) / REPEATS);
  },
};
const { observed, generated } = await observe([
  quiet,
  loadOfLargeModel(tier, registry, { small: '1', large: '2' }),
  largeJsonRequest(tier.port, rows),
  largeBinaryRequest(tier.port, rows),
]);
await tier.stop();
await registry.stop();

const { streams, startedAtMs, largestLagMs } = generated;
const moments = observed.map(({ window, ...rest }) => ({
  ...rest,
  window: { fromMs: window.fromMs - startedAtMs, toMs: window.toMs - startedAtMs },
}));
const longest = (of: string, window: Window) =>
  summarise(
    streams.filter(({ name }) => name === of),
    window,
  );
const results = [...new Set(moments.map(({ name }) => name))].map((name) => {
  const own = moments.filter((moment) => moment.name === name);
  const worst = (of: (moment: (typeof own)[number]) => number) => Math.max(...own.map(of));
  return {
    name,
    tookMs: worst(({ window }) => window.toMs - window.fromMs - PAUSE_MS),
    smallMs: worst(({ window }) => longest(SMALL, window).maxMs),
    probeMs: worst(({ window }) => longest(PROBES, window).maxMs),
    turnMs: worst(({ turnMs }) => turnMs),
    failed: own.reduce(
      (sum, { window }) => sum + [SMALL, PROBES].reduce((all, of) => all + failures(of, window), 0),
      0,
    ),
  };
});

function failures(of: string, window: Window): number {
  const { shed, failed } = longest(of, window);
  return shed + failed;
}

const milliseconds = (value: number) => `${figure(value)} ms`;
const table = markdownTable(
  [
    { heading: 'meanwhile', cell: ({ name }) => name },
    {
      heading: 'took, at most',
      align: 'right',
      cell: ({ name, tookMs }) => (name === QUIET ? '' : milliseconds(tookMs)),
    },
    { heading: 'longest small request', align: 'right', cell: ({ smallMs }) => milliseconds(smallMs) },
    { heading: 'longest probe', align: 'right', cell: ({ probeMs }) => milliseconds(probeMs) },
    { heading: 'longest turn of the event loop', align: 'right', cell: ({ turnMs }) => milliseconds(turnMs) },
    { heading: 'not answered', align: 'right', cell: ({ failed }) => String(failed) },
  ],
  results,
);
const disturbed = results.filter(({ name }) => name !== QUIET);
const verdicts: Verdict[] = disturbed.flatMap(({ name, smallMs, probeMs, failed }) => [
  { promise: `longest small request while ${name}`, measured: smallMs, limit: LIMIT_MS, unit: ' ms' },
  { promise: `longest probe while ${name}`, measured: probeMs, limit: LIMIT_MS, unit: ' ms' },
  { promise: `small requests and probes not answered while ${name}`, measured: failed, limit: 0, unit: '' },
]);
const endMs = Math.max(...moments.map(({ window }) => window.toMs));
await publication.write(
  [
    table,
    await publication.plot(
      'blocking',
      blockingPlot(
        streams,
        moments.filter(({ name }) => name !== QUIET),
        endMs,
        LIMIT_MS,
      ),
      'Longest small request and probe over time, beside large work',
    ),
    `Each ${REPEATS} times; the generator was at most ${figure(largestLagMs)} ms late.`,
  ],
  verdicts,
  { results, moments, largestLagMs },
);
process.exitCode = exitCodeOf(verdicts);
