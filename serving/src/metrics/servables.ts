import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LoadErrorCode } from '../errors.js';

interface LoadedVersion {
  readonly modelName: string;
  readonly version: string;
  readonly digest: string;
}

/** What is loaded, and how reloads went. */
export class ServableMetrics {
  readonly #info: Gauge<'model' | 'model_version' | 'digest' | 'alias'>;
  readonly #loadedAt: Gauge<'model'>;
  readonly #loads: Counter<'model'>;
  readonly #failures: Counter<'model' | 'reason'>;
  readonly #loadSeconds: Histogram<'model'>;
  readonly #registryReachable: Gauge;

  constructor(
    registry: Registry,
    readonly alias: string,
  ) {
    const registers = [registry];
    this.#info = new Gauge({
      name: 'serving_model_info',
      help: '1 for each model version in memory that answers or still drains',
      labelNames: ['model', 'model_version', 'digest', 'alias'],
      registers,
    });
    this.#loadedAt = new Gauge({
      name: 'serving_model_loaded_timestamp_seconds',
      help: 'When the version that answers became available',
      labelNames: ['model'],
      registers,
    });
    this.#loads = new Counter({
      name: 'serving_model_swaps_total',
      help: 'Versions that became available',
      labelNames: ['model'],
      registers,
    });
    this.#failures = new Counter({
      name: 'serving_model_load_failures_total',
      help: 'Attempts to follow the alias that failed, by reason',
      labelNames: ['model', 'reason'],
      registers,
    });
    this.#loadSeconds = new Histogram({
      name: 'serving_model_load_duration_seconds',
      help: 'Download, verification, session and warm-up of a version that became available',
      labelNames: ['model'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#registryReachable = new Gauge({
      name: 'serving_registry_reachable',
      help: '1 if the last look at the alias got an answer from the registry',
      registers,
    });
  }

  loaded({ modelName, version, digest }: LoadedVersion, seconds: number): void {
    this.#info.set({ model: modelName, model_version: version, digest, alias: this.alias }, 1);
    this.#loadedAt.set({ model: modelName }, Date.now() / 1_000);
    this.#loads.inc({ model: modelName });
    this.#loadSeconds.observe({ model: modelName }, seconds);
  }

  loadFailed(modelName: string, reason: LoadErrorCode): void {
    this.#failures.inc({ model: modelName, reason });
  }

  retired({ modelName, version, digest }: LoadedVersion): void {
    this.#info.remove({ model: modelName, model_version: version, digest, alias: this.alias });
  }

  registryReachable(reachable: boolean): void {
    this.#registryReachable.set(reachable ? 1 : 0);
  }
}
