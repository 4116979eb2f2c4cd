import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.js';
import { LoadError, messageOf } from '../errors.js';
import { ContractViolation, parseManifest } from '../model-package/contract.js';
import type { Manifest } from '../model-package/manifest.js';
import { ArtifactStore } from '../registry/artifact-store.js';
import { PackageFolder } from '../registry/package-folder.js';
import type { EncodedRows } from '../servables/row-encoder.js';
import { Servable } from '../servables/servable.js';

const WARM_UP_MS = 150;
/** Quantiles are of the quickest round: what disturbs a round is the machine, and not the package. */
const ROUNDS = 5;
const ROUND_MS = 120;
const BATCHES_MS = 300;

/** What a package costs in this runtime on this machine. */
export interface Measurement {
  readonly digest: string;
  /** From verified files to available: session, warm-up, golden rows. */
  readonly load_ms: number;
  /** One row, one call of the graph; checking the row and writing the answer are not in it. */
  readonly latency_ms: { readonly p50: number; readonly p90: number; readonly p99: number };
  /** In batches of the size that a busy tier computes at once. */
  readonly rows_per_second: number;
  /** Calls behind `latency_ms`. */
  readonly iterations: number;
}

/** How a tier loads and computes. */
export type MeasuredSettings = Pick<
  Config,
  'intraOpThreads' | 'inlineModelBytes' | 'maxBatchRows' | 'maxPackageBytes'
>;

/**
 * Loads the package in a folder exactly as a replica loads a registered one, and takes its time on the golden rows.
 * Ends about a second after it is loaded.
 *
 * @throws {LoadError} when a replica would not load it
 */
export async function measure(folder: string, settings: MeasuredSettings): Promise<Measurement> {
  const { digest, modelName } = await identify(folder);
  const directory = await mkdtemp(join(tmpdir(), 'measure-'));
  const servable = new Servable({ modelName, version: '1', digest });
  try {
    const store = new ArtifactStore(new PackageFolder(folder), { directory, keep: 0, ...settings });
    await store.open();
    let fetchedAt = 0;
    const fetch = async () => {
      const fetched = await store.fetch(servable.id);
      fetchedAt = performance.now();
      return fetched;
    };
    await servable.load(fetch, { ...settings, unknownFeatures: 'refuse' });
    const loadMs = performance.now() - fetchedAt;
    const { rows } = servable.manifest!.golden;
    const single = rows.map((row) => servable.encoder.encode([row]));
    const batch = servable.encoder.encode(
      Array.from({ length: settings.maxBatchRows }, (_, i) => rows[i % rows.length]!),
    );
    await timesOf(servable, single, WARM_UP_MS);
    const rounds: number[][] = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      rounds.push((await timesOf(servable, single, ROUND_MS)).sort((a, b) => a - b));
    }
    const quickest = (q: number): number => rounded(Math.min(...rounds.map((times) => quantile(times, q))));
    const batchMs = await timesOf(servable, [batch], BATCHES_MS);
    await servable.retire();
    const total = batchMs.reduce((sum, ms) => sum + ms, 0);
    return {
      digest,
      load_ms: rounded(loadMs),
      latency_ms: {
        p50: quickest(0.5),
        p90: quickest(0.9),
        p99: quickest(0.99),
      },
      rows_per_second: Math.round((batch.rows * batchMs.length * 1_000) / total),
      iterations: rounds.reduce((sum, times) => sum + times.length, 0),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A package that is not registered goes by the name and the digest that it has by itself. */
async function identify(folder: string): Promise<{ digest: string; modelName: string }> {
  try {
    const text = await readFile(join(folder, 'manifest.json'));
    const manifest: Manifest = parseManifest(text.toString('utf8'));
    return { digest: `sha256:${hash('sha256', text, 'hex')}`, modelName: manifest.model_name };
  } catch (cause) {
    const detail = cause instanceof ContractViolation ? messageOf(cause) : `no manifest: ${messageOf(cause)}`;
    throw new LoadError('CONTRACT_VIOLATION', `${folder}: ${detail}`, { cause });
  }
}

/** Computes the inputs in turn until the time is over, at least once. @returns milliseconds of each call */
async function timesOf(
  servable: Servable,
  inputs: readonly EncodedRows[],
  durationMs: number,
): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + durationMs;
  for (let now = performance.now(); times.length === 0 || now < end;) {
    await servable.run(inputs[times.length % inputs.length]!);
    const done = performance.now();
    times.push(done - now);
    now = done;
  }
  return times;
}

/** @param sorted ascending, not empty */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
}

/** To the microsecond tenth: digits beyond are noise. */
function rounded(ms: number): number {
  return Math.round(ms * 10_000) / 10_000;
}
