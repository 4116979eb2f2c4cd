import type { Manifest } from '../model-package/manifest.js';
import type { DriftSettings } from './drift-settings.js';
import type { DriftSnapshot } from './drift-snapshot.js';
import { RowSampler } from './row-sampler.js';
import { ServableDrift, type ObservedOutput, type ObservedRows } from './servable-drift.js';

/** A model version in memory, as far as its drift is concerned. */
export interface ObservedServable {
  readonly id: { readonly modelName: string; readonly version: string; readonly digest: string };
  /** Defined for whatever answers requests. */
  readonly manifest: Manifest | undefined;
}

/** What answers now for a model, and under which alias. */
export interface ObservedChampion {
  readonly alias: string;
  readonly servable: ObservedServable;
}

/**
 * Counts live traffic in the bins of the reference in the model package: a sample of rows, within a budget, over a
 * sliding window. Counting is all that happens on the way of a request; `DriftJudge` compares when somebody asks.
 *
 * Counts belong to a servable, not to a model: a new champion brings a new reference and starts at nothing, and a
 * request that its predecessor still answers is not counted against it.
 */
export class DriftMonitor {
  readonly #settings: DriftSettings;
  readonly #now: () => number;
  readonly #sampler: RowSampler;
  readonly #drifts = new WeakMap<ObservedServable, ServableDrift>();

  /**
   * @param now monotonic, in milliseconds
   * @param random uniform from 0 up to 1
   */
  constructor(
    settings: DriftSettings,
    now: () => number = () => performance.now(),
    random: () => number = Math.random,
  ) {
    this.#settings = settings;
    this.#now = now;
    this.#sampler = new RowSampler(settings.rowsPerSecond, random);
  }

  /**
   * Counts rows that a servable has computed. Reads them before it returns, and keeps none.
   * @param outputs one entry an output of the manifest, in its order
   */
  observe(servable: ObservedServable, rows: ObservedRows, outputs: readonly ObservedOutput[]): void {
    if (this.#settings.rowsPerSecond === 0) return;
    const nowMs = this.#now();
    const sample = this.#sampler.pick(rows.rows, nowMs);
    if (sample !== undefined) this.#driftOf(servable).observe(rows, outputs, sample, nowMs);
  }

  snapshots(champions: Iterable<ObservedChampion>): DriftSnapshot[] {
    return [...champions].map(({ alias, servable }) => ({
      ...servable.id,
      alias,
      ...this.#driftOf(servable).snapshot(this.#now()),
    }));
  }

  #driftOf(servable: ObservedServable): ServableDrift {
    let drift = this.#drifts.get(servable);
    if (drift === undefined) {
      if (servable.manifest === undefined) throw new Error(`Servable ${servable.id.version} has no manifest`);
      drift = new ServableDrift(servable.manifest, this.#settings);
      this.#drifts.set(servable, drift);
    }
    return drift;
  }
}
