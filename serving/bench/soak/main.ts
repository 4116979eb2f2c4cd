import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageIn } from '../../test/support/package-folders.js';
import { CreditRows } from '../load/credit-rows.js';
import { summarise, type Window } from '../load/generator/analysis.js';
import { startLoad } from '../load/generator/generate.js';
import { Publication } from '../load/publication.js';
import { exitCodeOf, type Verdict } from '../load/verdict.js';
import { quantile, slope } from '../report/statistics.js';
import { figure, markdownTable } from '../report/table.js';
import { PackageRegistry } from '../tier/package-registry.js';
import { TierProcess } from '../tier/tier-process.js';
import { soakPlot, type Stretch } from './plot.js';

/**
 * Swaps the champion between two versions again and again under load: `make soak`. No request may fail, memory
 * must not grow, and a swap must hardly be felt. Stretches with and without swaps take turns, so that whatever else
 * the machine does befalls both.
 */
const FULL_SWAPS = 1_000;
const SWAPS_A_STRETCH = 50;
const SWAP_EVERY_MS = 500;
const STEADY_MS = 5_000;
const REQUESTS_PER_SECOND = 300;
/** Pools, caches and compilers settle during these. */
const WARM_UP_MS = 3_000;
const WARM_UP_SHARE = 0.3;
const DRAIN_MS = 5_000;
const ALLOWED_KB_A_SWAP = 20;
const ALLOWED_P99_RATIO = 2;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { swaps: { type: 'string', default: String(FULL_SWAPS) } },
});
const [packages] = positionals;
if (packages === undefined) throw new Error('Expected the folder of the packages to swap');
const swaps = Number(values.swaps);
if (!Number.isInteger(swaps) || swaps < 1)
  throw new Error(`--swaps must be a whole number, not ${values.swaps}`);

const publication = new Publication('soak', swaps < FULL_SWAPS);
const versions = ['boosting', 'boosting-b'].map((name) => packageIn(join(packages, name)));
const rows = await CreditRows.read(packages, versions[0]!);
const registry = await PackageRegistry.start(versions);
const tier = await TierProcess.start(registry, versions[0]!.manifest.model_name);

const clock = () => performance.timeOrigin + performance.now();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
const load = startLoad({
  port: tier.port,
  durationMs: Infinity,
  drainMs: DRAIN_MS,
  seed: 1,
  streams: [
    {
      name: 'predict',
      method: 'POST',
      path: '/predict',
      headers: { 'content-type': 'application/json' },
      bodies: rows.predict(2_000),
      pace: { kind: 'open', ratePerSecond: REQUESTS_PER_SECOND, arrivals: 'poisson' },
    },
  ],
});

const rssBytes: number[] = [];
const swapMs: number[] = [];
/** By the clock; put on the generator's line when it has told its zero. */
const timeline: { readonly kind: Stretch['kind']; readonly swaps: number; readonly window: Window }[] = [];

async function swap(): Promise<void> {
  const next = String(2 - (rssBytes.length % 2));
  const started = performance.now();
  registry.point(next);
  await tier.swapTo(next);
  swapMs.push(performance.now() - started);
  rssBytes.push((await tier.usage).rssBytes);
}

async function stretch(kind: Stretch['kind'], run: () => Promise<void>): Promise<void> {
  const fromMs = clock();
  await run();
  timeline.push({ kind, swaps: rssBytes.length, window: { fromMs, toMs: clock() } });
}

await pause(WARM_UP_MS);
while (rssBytes.length < swaps) {
  await stretch('steady', async () => {
    await pause(STEADY_MS);
  });
  await stretch('swapping', async () => {
    for (let i = 0; i < SWAPS_A_STRETCH && rssBytes.length < swaps; i += 1) {
      const next = performance.now() + SWAP_EVERY_MS;
      await swap();
      await pause(next - performance.now());
    }
  });
  process.stdout.write(`${rssBytes.length} swaps: ${figure(rssBytes.at(-1)! / 1024 ** 2)} MiB\n`);
}
load.stop();
const { streams, startedAtMs, largestLagMs } = await load.finished;
await tier.stop();
await registry.stop();

const windows = timeline.map(({ window, ...rest }) => ({
  ...rest,
  window: { fromMs: window.fromMs - startedAtMs, toMs: window.toMs - startedAtMs },
}));
const stretches = windows.map(({ kind, swaps: done, window }): Stretch => ({
  kind,
  swaps: done,
  p99Ms: summarise(streams, window).p99Ms,
}));
/** Of all requests of a kind of stretch. */
function p99Of(kind: Stretch['kind']): number {
  const latencies = windows
    .filter((entry) => entry.kind === kind)
    .flatMap(({ window }) =>
      streams.flatMap(({ dueMs, latencyMs }) =>
        [...latencyMs].filter((_, i) => dueMs[i]! >= window.fromMs && dueMs[i]! < window.toMs),
      ),
    );
  return quantile(latencies, 0.99);
}
const all = summarise(streams, { fromMs: 0, toMs: Infinity });
const warmUpSwaps = Math.floor(swaps * WARM_UP_SHARE);
const settled = rssBytes.slice(warmUpSwaps);
const [steady, swapping] = [p99Of('steady'), p99Of('swapping')];

const verdicts: Verdict[] = [
  { promise: 'requests that failed', measured: all.failed + all.shed, limit: 0, unit: '' },
  {
    promise: 'growth of resident memory after warm-up, a swap',
    measured: slope(settled) / 1_000,
    limit: ALLOWED_KB_A_SWAP,
    unit: ' kB',
  },
  {
    promise: 'p99 while swapping, of that between',
    measured: swapping / steady,
    limit: ALLOWED_P99_RATIO,
    unit: 'x',
  },
];
const facts: readonly (readonly [string, string])[] = [
  ['swaps', String(swaps)],
  ['requests', all.requests.toLocaleString('en-US')],
  ['of them failed', String(all.failed + all.shed)],
  ['p99 between swaps', `${figure(steady)} ms`],
  ['p99 while swapping', `${figure(swapping)} ms`],
  ['longest answer', `${figure(all.maxMs)} ms`],
  ['a swap, from the word to the answer, median', `${figure(quantile(swapMs, 0.5))} ms`],
  ['resident memory after warm-up, lowest to highest', rangeOf(settled)],
  ['its growth a swap', `${figure(slope(settled) / 1_000)} kB`],
];

function rangeOf(bytes: readonly number[]): string {
  return `${figure(Math.min(...bytes) / 1024 ** 2)} to ${figure(Math.max(...bytes) / 1024 ** 2)} MiB`;
}

await publication.write(
  [
    markdownTable(
      [
        { heading: 'measured', cell: ([what]) => what },
        { heading: 'value', align: 'right', cell: ([, value]) => value },
      ],
      facts,
    ),
    await publication.plot(
      'soak',
      soakPlot(rssBytes, warmUpSwaps, stretches),
      'Resident memory after each swap, and p99 with and without swaps',
    ),
    `${REQUESTS_PER_SECOND} requests a second at random times; the generator was at most ${figure(largestLagMs)} ms late.`,
  ],
  verdicts,
  { rssBytes, swapMs, stretches, all },
);
process.exitCode = exitCodeOf(verdicts);
