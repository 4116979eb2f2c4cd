import { Counter, type Registry } from 'prom-client';
import type { RequestErrorCode } from '../errors.js';

interface VersionLabels {
  readonly model: string;
  readonly model_version: string;
  readonly alias: string;
}

/** Versions whose series are kept. Older ones are dropped, so that a year of promotions does not stay in memory. */
const KEPT_VERSIONS = 20;

/** Codes that have a series from the beginning, so that the first failure is seen to be one more. */
const CODES = ['PREDICTION_FAILED', 'DEADLINE_EXCEEDED'] as const satisfies readonly RequestErrorCode[];

/** Attempts at predictions that failed, by the version that was asked, whoever answered then. */
export class PredictionFailureMetrics {
  readonly #failures: Counter<keyof VersionLabels | 'code'>;
  readonly #fallbacks: Counter<keyof VersionLabels>;
  readonly #kept = new Map<string, { readonly labels: VersionLabels; readonly codes: Set<string> }>();

  constructor(registry: Registry) {
    const labelNames = ['model', 'model_version', 'alias'] as const;
    const registers = [registry];
    this.#failures = new Counter({
      name: 'serving_prediction_failures_total',
      help: 'Attempts at a prediction that failed, by the version that was asked, also where another one then answered',
      labelNames: [...labelNames, 'code'],
      registers,
    });
    this.#fallbacks = new Counter({
      name: 'serving_prediction_fallbacks_total',
      help: 'Attempts at a prediction that failed and were answered by another version, by the version that failed',
      labelNames,
      registers,
    });
  }

  /** The version may be asked from now on. */
  open(model: string, modelVersion: string, alias: string): void {
    const key = `${model}/${modelVersion}/${alias}`;
    const labels = { model, model_version: modelVersion, alias };
    const known = this.#kept.get(key) ?? { labels, codes: new Set<string>(CODES) };
    this.#kept.delete(key);
    this.#kept.set(key, known);
    for (const code of known.codes) this.#failures.inc({ ...labels, code }, 0);
    this.#fallbacks.inc({ ...labels }, 0);
    if (this.#kept.size > KEPT_VERSIONS) this.#dropOldest();
  }

  failed(model: string, modelVersion: string, alias: string, code: RequestErrorCode): void {
    const key = `${model}/${modelVersion}/${alias}`;
    if (!this.#kept.has(key)) this.open(model, modelVersion, alias);
    this.#kept.get(key)?.codes.add(code);
    this.#failures.inc({ model, model_version: modelVersion, alias, code });
  }

  answeredByAnother(model: string, modelVersion: string, alias: string): void {
    this.#fallbacks.inc({ model, model_version: modelVersion, alias });
  }

  #dropOldest(): void {
    const [key, { labels, codes }] = [...this.#kept][0]!;
    this.#kept.delete(key);
    for (const code of codes) this.#failures.remove({ ...labels, code });
    this.#fallbacks.remove({ ...labels });
  }
}
