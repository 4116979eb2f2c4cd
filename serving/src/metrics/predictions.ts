import { Counter, Histogram, type Registry } from 'prom-client';

/** Handles of one model version's series, looked up once a servable instead of once a request. */
export interface PredictionSeries {
  observe(seconds: number, rows: number): void;
}

/** Versions whose series are kept. Older ones are dropped, so that a year of promotions does not stay in memory. */
const KEPT_VERSIONS = 10;

/** Predictions by the version that answered. */
export class PredictionMetrics {
  readonly #duration: Histogram<'model' | 'model_version' | 'alias'>;
  readonly #rows: Counter<'model' | 'model_version' | 'alias'>;
  readonly #kept = new Map<string, { model: string; model_version: string; alias: string }>();

  constructor(registry: Registry) {
    const labelNames = ['model', 'model_version', 'alias'] as const;
    this.#duration = new Histogram({
      name: 'serving_prediction_duration_seconds',
      help: 'From the complete request body to the complete answer, by the version that answered',
      labelNames,
      buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    });
    this.#rows = new Counter({
      name: 'serving_prediction_rows_total',
      help: 'Rows scored',
      labelNames,
      registers: [registry],
    });
  }

  series(model: string, modelVersion: string, alias: string): PredictionSeries {
    const labels = { model, model_version: modelVersion, alias };
    this.#keep(labels);
    const duration = this.#duration.labels(labels);
    const rowCount = this.#rows.labels(labels);
    return {
      observe: (seconds, rows) => {
        duration.observe(seconds);
        rowCount.inc(rows);
      },
    };
  }

  #keep(labels: { model: string; model_version: string; alias: string }): void {
    const key = `${labels.model}/${labels.model_version}/${labels.alias}`;
    this.#kept.delete(key);
    this.#kept.set(key, labels);
    if (this.#kept.size <= KEPT_VERSIONS) return;
    const [oldestKey, oldest] = [...this.#kept][0]!;
    this.#kept.delete(oldestKey);
    this.#duration.remove(oldest);
    this.#rows.remove(oldest);
  }
}
