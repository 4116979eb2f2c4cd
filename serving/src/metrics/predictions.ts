import { Counter, type Registry } from 'prom-client';
import { HotHistogram, type HotSeries } from './hot-histogram.js';

/** Handles of one model version's series, looked up once a servable instead of once a request. */
export interface PredictionSeries {
  /** Nobody sees any more what it counts: it was not looked up for long, and has to be anew. */
  readonly isDropped: boolean;
  observe(seconds: number, rows: number): void;
  /** Scores of the rows from one up to another. */
  observeScores(scores: ArrayLike<number>, from: number, to: number): void;
}

interface Labels {
  readonly model: string;
  readonly model_version: string;
  readonly alias: string;
}

class VersionSeries implements PredictionSeries {
  isDropped = false;
  /** Not yet in the counter. */
  pendingRows = 0;
  /** undefined: the model has none, or has not answered yet. */
  scores: HotSeries | undefined;

  constructor(
    readonly labels: Labels,
    readonly durations: HotSeries,
    readonly openScores: () => HotSeries,
  ) {}

  observe(seconds: number, rows: number): void {
    this.durations.observe(seconds);
    this.pendingRows += rows;
  }

  observeScores(scores: ArrayLike<number>, from: number, to: number): void {
    this.scores ??= this.openScores();
    this.scores.observeAll(scores, from, to);
  }
}

/** Seconds. A rollout asks for the share of answers above one of them. */
export const PREDICTION_DURATION_BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

/** Versions whose series are kept. Older ones are dropped, so that a year of promotions does not stay in memory. */
const KEPT_VERSIONS = 10;

/** Probabilities by twentieths. */
const SCORE_BUCKETS = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);

/** Predictions by the version that answered. */
export class PredictionMetrics {
  readonly #duration: HotHistogram<keyof Labels>;
  readonly #scores: HotHistogram<keyof Labels>;
  readonly #rows: Counter<keyof Labels>;
  readonly #kept = new Map<string, VersionSeries>();

  constructor(registry: Registry) {
    const labelNames = ['model', 'model_version', 'alias'] as const;
    this.#duration = new HotHistogram({
      name: 'serving_prediction_duration_seconds',
      help: 'From the complete request body to the complete answer, by the version that answered',
      labelNames,
      buckets: [...PREDICTION_DURATION_BOUNDS],
      registers: [registry],
    });
    this.#scores = new HotHistogram({
      name: 'serving_prediction_score',
      help: 'Scores of all answered rows of binary classifiers, by the version that answered; what is no number is not counted',
      labelNames,
      buckets: SCORE_BUCKETS,
      registers: [registry],
    });
    const kept = this.#kept;
    this.#rows = new Counter({
      name: 'serving_prediction_rows_total',
      help: 'Rows scored',
      labelNames,
      registers: [registry],
      collect() {
        for (const series of kept.values()) {
          this.inc({ ...series.labels }, series.pendingRows);
          series.pendingRows = 0;
        }
      },
    });
  }

  /** The same labels have the same series, also where two servables come to them one after the other. */
  series(model: string, modelVersion: string, alias: string): PredictionSeries {
    const key = `${model}/${modelVersion}/${alias}`;
    const labels = { model, model_version: modelVersion, alias };
    const series =
      this.#kept.get(key) ??
      new VersionSeries(labels, this.#duration.series(labels), () => this.#scores.series(labels));
    this.#kept.delete(key);
    this.#kept.set(key, series);
    if (this.#kept.size > KEPT_VERSIONS) this.#dropOldest();
    return series;
  }

  #dropOldest(): void {
    const [key, series] = [...this.#kept][0]!;
    const { labels, durations, scores } = series;
    this.#kept.delete(key);
    series.isDropped = true;
    this.#duration.drop(durations);
    if (scores !== undefined) this.#scores.drop(scores);
    this.#rows.remove({ ...labels });
  }
}
