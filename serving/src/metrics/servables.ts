import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LoadErrorCode } from '../errors.js';
import type { Manifest } from '../model-package/manifest.js';

interface LoadedVersion {
  readonly modelName: string;
  readonly version: string;
  readonly digest: string;
}

/** What is loaded, and how reloads went. */
export class ServableMetrics {
  readonly #info: Gauge<'model' | 'model_version' | 'digest' | 'alias'>;
  readonly #loadedAt: Gauge<'model' | 'alias'>;
  readonly #createdAt: Gauge<'model' | 'model_version' | 'alias'>;
  readonly #dataWindowEnd: Gauge<'model' | 'model_version' | 'alias'>;
  readonly #loads: Counter<'model' | 'alias'>;
  readonly #failures: Counter<'model' | 'alias' | 'reason'>;
  readonly #loadSeconds: Histogram<'model' | 'alias'>;
  readonly #registryReachable: Gauge<'model' | 'alias'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#info = new Gauge({
      name: 'serving_model_info',
      help: '1 for each model version in memory that answers or still drains',
      labelNames: ['model', 'model_version', 'digest', 'alias'],
      aggregator: 'max',
      registers,
    });
    this.#loadedAt = new Gauge({
      name: 'serving_model_loaded_timestamp_seconds',
      help: 'When the version that answers became available, in the worker that has it for longest',
      labelNames: ['model', 'alias'],
      aggregator: 'min',
      registers,
    });
    this.#createdAt = new Gauge({
      name: 'serving_model_created_timestamp_seconds',
      help: 'When a version in memory was trained',
      labelNames: ['model', 'model_version', 'alias'],
      aggregator: 'max',
      registers,
    });
    this.#dataWindowEnd = new Gauge({
      name: 'serving_model_data_window_end_timestamp_seconds',
      help: 'The last moment that the training data of a version in memory speaks of; absent where the data has no time',
      labelNames: ['model', 'model_version', 'alias'],
      aggregator: 'max',
      registers,
    });
    this.#loads = new Counter({
      name: 'serving_model_swaps_total',
      help: 'Versions that became available, counted in each worker',
      labelNames: ['model', 'alias'],
      registers,
    });
    this.#failures = new Counter({
      name: 'serving_model_load_failures_total',
      help: 'Attempts to follow the alias that failed, by reason, counted in each worker',
      labelNames: ['model', 'alias', 'reason'],
      registers,
    });
    this.#loadSeconds = new Histogram({
      name: 'serving_model_load_duration_seconds',
      help: 'Download, verification, session and warm-up of a version that became available',
      labelNames: ['model', 'alias'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#registryReachable = new Gauge({
      name: 'serving_registry_reachable',
      help: '1 if the last look at the alias got an answer from the registry, in every worker',
      labelNames: ['model', 'alias'],
      aggregator: 'min',
      registers,
    });
  }

  loaded(
    { modelName: model, version, digest }: LoadedVersion,
    { created_at: createdAt, data }: Manifest['lineage'],
    alias: string,
    seconds: number,
  ): void {
    const ofVersion = { model, model_version: version, alias };
    setTime(this.#createdAt, ofVersion, createdAt);
    setTime(this.#dataWindowEnd, ofVersion, data.window.end);
    this.#info.set({ model, model_version: version, digest, alias }, 1);
    this.#loadedAt.set({ model, alias }, Date.now() / 1_000);
    this.#loads.inc({ model, alias });
    this.#loadSeconds.observe({ model, alias }, seconds);
  }

  loadFailed(model: string, alias: string, reason: LoadErrorCode): void {
    this.#failures.inc({ model, alias, reason });
  }

  retired({ modelName, version, digest }: LoadedVersion, alias: string): void {
    const ofVersion = { model: modelName, model_version: version, alias };
    this.#info.remove({ ...ofVersion, digest });
    this.#createdAt.remove(ofVersion);
    this.#dataWindowEnd.remove(ofVersion);
  }

  registryReachable(model: string, alias: string, reachable: boolean): void {
    this.#registryReachable.set({ model, alias }, reachable ? 1 : 0);
  }
}

const HAS_ZONE = /(Z|[+-]\d{2}:\d{2})$/;

/** No number is better than one of a time that was not given or can't be read. A time without a zone is of UTC. */
function setTime<T extends string>(gauge: Gauge<T>, labels: Record<T, string>, time: string | null): void {
  const ms =
    time === null ? Number.NaN : Date.parse(time.includes('T') && !HAS_ZONE.test(time) ? `${time}Z` : time);
  if (!Number.isNaN(ms)) gauge.set(labels, ms / 1_000);
}
