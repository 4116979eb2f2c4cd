import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseManifest } from '../../src/model-package/contract.js';
import { trainingPython } from '../../test/support/training-environment.js';
import { exitCodeOf } from '../load/verdict.js';
import { quantile } from '../report/statistics.js';
import { figure } from '../report/table.js';
import type { Comparison, Line, Swaps } from './comparison.js';
import { CONTENDERS, startTier, type ContenderName, type RunningServer } from './contenders.js';
import { Subject, verify, type Measurement, type ScoredRows } from './measure.js';
import { readOptions } from './options.js';
import { publish } from './publish.js';
import { BATCH, ONE_ROW, ONE_ROW_GRPC, type Series } from './series.js';
import { targets } from './targets.js';
import { Ways, type Row } from './ways.js';

/**
 * This tier beside its peers: one model, the same rows, one server process each, in interleaved rounds. What counts
 * is the CPU time of the servers, since requests a second on a busy machine say more about the machine.
 *
 *   node --import tsx bench/peers/main.ts MODEL_DIR ENVIRONMENTS_DIR [--rounds N] [--seconds N] [--peers a,b]
 */
const CLIENTS = 32;
/** Single requests that are checked before anything is measured. */
const CHECKED = 20;
/** Requests of 10,000 rows, no two alike. */
const BATCHES = 4;
const SWAP_EVERY_MS = 250;
/** Stretches before the first that counts: code has to be compiled, memory to be taken, caches to be filled. */
const WARM_UP = 2;

const options = readOptions(process.argv.slice(2));
const surroundings = {
  modelDir: options.modelDir,
  environmentsDir: options.environmentsDir,
  trainingPython: trainingPython(),
};
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const manifest = parseManifest(await readFile(join(options.modelDir, 'package/manifest.json'), 'utf8'));
const ways = new Ways(
  manifest.features.map(({ name }) => name),
  manifest.model_name,
);
const table: ScoredRows = z
  .object({ rows: z.array(z.array(z.number())).min(1), scores: z.array(z.number()) })
  .parse(JSON.parse(await readFile(join(options.modelDir, 'rows.json'), 'utf8')));
const single = table.rows.map((row): Row[] => [row]);
const batches = Array.from({ length: BATCHES }, (_, i) => {
  const from = Math.floor((i * table.rows.length) / BATCHES);
  return [...table.rows.slice(from), ...table.rows.slice(0, from)];
});

/** One loop after another, in rounds that each begin with another series, so that none always follows the same. */
async function inRounds(
  subjects: readonly Subject[],
  measure: (subject: Subject) => Promise<Measurement>,
  show: (measurement: Measurement) => string,
): Promise<Line[]> {
  const rounds = subjects.map((): Measurement[] => []);
  for (let round = 0; round < options.rounds; round += 1) {
    for (let turn = 0; turn < subjects.length; turn += 1) {
      const i = (round + turn) % subjects.length;
      const measurement = await measure(subjects[i]!);
      rounds[i]!.push(measurement);
      say(`round ${round + 1}  ${subjects[i]!.series.title}: ${show(measurement)}`);
    }
  }
  return subjects.map(({ series, requestBytes }, i) => ({
    server: series.server,
    title: series.title,
    form: series.form,
    requestBytes,
    rounds: rounds[i]!,
  }));
}

async function compareOneRow(all: readonly Series[]): Promise<Line[]> {
  const subjects = subjectsOf(all, single);
  for (const { series } of subjects) {
    if (!series.answers) continue;
    for (let i = 0; i < CHECKED; i += 1) {
      const row = { rows: [table.rows[i]!], scores: [table.scores[i]!] };
      await verify(series, running.get(series.server)!, ways, row);
    }
  }
  const durationMs = options.seconds * 1_000;
  for (const subject of subjects) await subject.warmUp(WARM_UP * durationMs, CLIENTS);
  return inRounds(
    subjects,
    (subject) => subject.measure(durationMs, CLIENTS),
    ({ cpuUsPerRequest, busy }) => `${figure(cpuUsPerRequest)} us a request, ${figure(busy)} cores busy`,
  );
}

async function compareBatch(all: readonly Series[]): Promise<Line[]> {
  const subjects = subjectsOf(all, batches);
  for (const { series } of subjects) await verify(series, running.get(series.server)!, ways, table);
  const durationMs = options.seconds * 500;
  for (const subject of subjects) await subject.warmUp(WARM_UP * durationMs, 1);
  return inRounds(
    subjects,
    (subject) => subject.measure(durationMs, 1),
    ({ medianMs, cpuUsPerRequest }) => `${figure(medianMs)} ms, ${figure(cpuUsPerRequest / 1_000)} ms of CPU`,
  );
}

/** The champion moves every quarter of a second while the same clients ask; the loop fails on any refused request. */
async function swapUnderLoad(): Promise<Swaps> {
  const subject = subjectsOf([ONE_ROW.find(({ server }) => server === 'tier')!], single)[0]!;
  const durationMs = options.seconds * 1_000;
  const steadyP99Ms: number[] = [];
  const swappingP99Ms: number[] = [];
  let swaps = 0;
  let requests = 0;
  for (let round = 0; round < options.rounds; round += 1) {
    steadyP99Ms.push((await subject.measure(durationMs, CLIENTS)).p99Ms);
    const over = new AbortController();
    const swapping = (async () => {
      while (!over.signal.aborted) {
        await tier.swap();
        swaps += 1;
        await new Promise((resolve) => setTimeout(resolve, SWAP_EVERY_MS));
      }
    })();
    const { latenciesMs } = await subject.warmUp(durationMs, CLIENTS);
    over.abort();
    await swapping;
    requests += latenciesMs.length;
    swappingP99Ms.push(quantile(latenciesMs, 0.99));
  }
  return { swaps, requests, steadyP99Ms, swappingP99Ms };
}

function subjectsOf(all: readonly Series[], rows: readonly (readonly Row[])[]): Subject[] {
  return all.flatMap((series) => {
    const server = running.get(series.server);
    return server === undefined ? [] : [new Subject(series, server, ways, rows)];
  });
}

const running = new Map<ContenderName, RunningServer>();
const tier = await startTier(surroundings);
running.set('tier', tier);
try {
  for (const name of options.servers) {
    if (name === 'tier') continue;
    say(`starting ${name}`);
    running.set(name, await CONTENDERS[name](surroundings));
  }
  const comparison: Comparison = {
    oneRow: await compareOneRow(ONE_ROW),
    oneRowGrpc: await compareOneRow(ONE_ROW_GRPC),
    batch: await compareBatch(BATCH),
    swaps: await swapUnderLoad(),
  };
  const verdicts = targets(comparison);
  await publish(comparison, verdicts, manifest, options);
  process.exitCode = exitCodeOf(verdicts);
} finally {
  await Promise.all([...running.values()].map((server) => server.stop()));
}
