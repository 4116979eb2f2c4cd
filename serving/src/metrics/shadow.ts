import { Counter, type Registry } from 'prom-client';
import { REQUEST_ERRORS, type RequestErrorCode } from '../errors.js';
import { HotHistogram, type HotSeries } from './hot-histogram.js';
import { PREDICTION_DURATION_BOUNDS } from './predictions.js';

/** Why rows that were offered to a shadow are not compared. */
export const SHADOW_DROP_REASONS = ['busy', 'large', 'no_score'] as const;
export type ShadowDropReason = (typeof SHADOW_DROP_REASONS)[number];

type Decision = 'positive' | 'negative';

const VERSION_LABELS = ['model', 'model_version'] as const;
const PAIR_LABELS = ['model', 'model_version', 'champion_version'] as const;
type VersionLabels = Readonly<Record<(typeof VERSION_LABELS)[number], string>>;
type PairLabels = Readonly<Record<(typeof PAIR_LABELS)[number], string>>;

const DIFFERENCES = [-0.5, -0.2, -0.1, -0.05, -0.02, -0.01, 0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
/** Codes that a shadow fails with; there from the beginning, so that the first failure is a rise from nothing. */
const FAILURE_CODES = ['SIGNATURE_MISMATCH', 'PREDICTION_FAILED'] as const;
/** As many versions, and as many pairs of them, keep their series; older ones are dropped. */
const KEPT = 10;

/** What one version does as a shadow. */
export interface ShadowSeries {
  dropped(reason: ShadowDropReason, rows: number): void;
  failed(code: RequestErrorCode): void;
  /** What the two took for one request. */
  took(shadowSeconds: number, championSeconds: number): void;
}

/** What one version answers as a shadow beside one champion. */
export interface ShadowPairSeries {
  computed(rows: number): void;
  /** Of one row: the shadow's score less the champion's. */
  differs(score: number): void;
  /** The shadow decides a row otherwise than the champion. */
  flips(to: Decision): void;
}

class VersionSeries implements ShadowSeries {
  /** Not yet in the counter. */
  readonly pending: Record<ShadowDropReason, number> = { busy: 0, large: 0, no_score: 0 };

  constructor(
    readonly labels: VersionLabels,
    readonly shadow: HotSeries,
    readonly champion: HotSeries,
    readonly failed: (code: RequestErrorCode) => void,
  ) {}

  dropped(reason: ShadowDropReason, rows: number): void {
    this.pending[reason] += rows;
  }

  took(shadowSeconds: number, championSeconds: number): void {
    this.shadow.observe(shadowSeconds);
    this.champion.observe(championSeconds);
  }
}

class PairSeries implements ShadowPairSeries {
  /** Not yet in the counters. */
  rows = 0;
  readonly flipped: Record<Decision, number> = { positive: 0, negative: 0 };

  constructor(
    readonly labels: PairLabels,
    readonly differences: HotSeries,
  ) {}

  computed(rows: number): void {
    this.rows += rows;
  }

  differs(score: number): void {
    this.differences.observe(score);
  }

  flips(to: Decision): void {
    this.flipped[to] += 1;
  }
}

/** What versions that answer nobody would have answered, beside what the champion has. */
export class ShadowMetrics {
  readonly #rows: Counter<keyof PairLabels>;
  readonly #dropped: Counter<keyof VersionLabels | 'reason'>;
  readonly #failures: Counter<keyof VersionLabels | 'code'>;
  readonly #flips: Counter<keyof PairLabels | 'to'>;
  readonly #durations: HotHistogram<keyof VersionLabels>;
  readonly #championDurations: HotHistogram<keyof VersionLabels>;
  readonly #differences: HotHistogram<keyof PairLabels>;
  readonly #versions = new Map<string, VersionSeries>();
  readonly #pairs = new Map<string, PairSeries>();

  constructor(registry: Registry) {
    const registers = [registry];
    const versions = this.#versions;
    const pairs = this.#pairs;
    this.#rows = new Counter({
      name: 'serving_shadow_rows_total',
      help: 'Rows that the champion has answered and that the shadow has computed too',
      labelNames: PAIR_LABELS,
      registers,
      collect() {
        for (const series of pairs.values()) {
          this.inc({ ...series.labels }, series.rows);
          series.rows = 0;
        }
      },
    });
    this.#dropped = new Counter({
      name: 'serving_shadow_dropped_rows_total',
      help: 'Rows offered to the shadow that were not compared: busy and large are not computed, no_score are, but one of the two has no number to be compared',
      labelNames: [...VERSION_LABELS, 'reason'],
      registers,
      collect() {
        for (const { labels, pending } of versions.values()) {
          for (const reason of SHADOW_DROP_REASONS) {
            this.inc({ ...labels, reason }, pending[reason]);
            pending[reason] = 0;
          }
        }
      },
    });
    this.#failures = new Counter({
      name: 'serving_shadow_failures_total',
      help: 'Requests that the champion has answered and the shadow could not, by the code that its client would have got',
      labelNames: [...VERSION_LABELS, 'code'],
      registers,
    });
    this.#durations = new HotHistogram({
      name: 'serving_shadow_duration_seconds',
      help: 'Time in the graph of the shadow of each request that it computed, in calls that it may share with others',
      labelNames: VERSION_LABELS,
      buckets: [...PREDICTION_DURATION_BOUNDS],
      registers,
    });
    this.#championDurations = new HotHistogram({
      name: 'serving_shadow_champion_duration_seconds',
      help: 'Time in the graph of the champion of the same requests, by the version of the shadow',
      labelNames: VERSION_LABELS,
      buckets: [...PREDICTION_DURATION_BOUNDS],
      registers,
    });
    this.#differences = new HotHistogram({
      name: 'serving_shadow_score_difference',
      help: "The shadow's score less the champion's, of each row; its sum falls as well as rises",
      labelNames: PAIR_LABELS,
      buckets: DIFFERENCES,
      registers,
    });
    this.#flips = new Counter({
      name: 'serving_shadow_label_flips_total',
      help: 'Rows that the shadow decides otherwise than the champion, each by its own decision, by what the shadow says',
      labelNames: [...PAIR_LABELS, 'to'],
      registers,
      collect() {
        for (const { labels, flipped } of pairs.values()) {
          for (const to of ['positive', 'negative'] as const) {
            this.inc({ ...labels, to }, flipped[to]);
            flipped[to] = 0;
          }
        }
      },
    });
  }

  /** The same version has the same series. */
  ofVersion(model: string, modelVersion: string): ShadowSeries {
    return latest(
      this.#versions,
      JSON.stringify([model, modelVersion]),
      () => this.#openVersion({ model, model_version: modelVersion }),
      (series) => {
        this.#dropVersion(series);
      },
    );
  }

  /** The same pair has the same series. */
  ofPair(model: string, modelVersion: string, championVersion: string): ShadowPairSeries {
    return latest(
      this.#pairs,
      JSON.stringify([model, modelVersion, championVersion]),
      () => {
        const labels = { model, model_version: modelVersion, champion_version: championVersion };
        return new PairSeries(labels, this.#differences.series(labels));
      },
      ({ labels, differences }) => {
        this.#differences.drop(differences);
        this.#rows.remove({ ...labels });
        for (const to of ['positive', 'negative']) this.#flips.remove({ ...labels, to });
      },
    );
  }

  #openVersion(labels: VersionLabels): VersionSeries {
    for (const code of FAILURE_CODES) this.#failures.inc({ ...labels, code }, 0);
    return new VersionSeries(
      labels,
      this.#durations.series(labels),
      this.#championDurations.series(labels),
      (code) => {
        this.#failures.inc({ ...labels, code });
      },
    );
  }

  #dropVersion({ labels, shadow, champion }: VersionSeries): void {
    this.#durations.drop(shadow);
    this.#championDurations.drop(champion);
    for (const reason of SHADOW_DROP_REASONS) this.#dropped.remove({ ...labels, reason });
    for (const code of Object.keys(REQUEST_ERRORS)) this.#failures.remove({ ...labels, code });
  }
}

/** Finds an entry or makes it; it is then the last that is dropped, and what is too many is dropped. */
function latest<T>(entries: Map<string, T>, key: string, open: () => T, drop: (entry: T) => void): T {
  const entry = entries.get(key) ?? open();
  entries.delete(key);
  entries.set(key, entry);
  if (entries.size > KEPT) {
    const [oldestKey, oldest] = [...entries][0]!;
    entries.delete(oldestKey);
    drop(oldest);
  }
  return entry;
}
