import type { Registry } from 'prom-client';
import { trafficCounters, type TrafficCounters } from './traffic-counters.js';
import { histogramQuantile, trafficWindow } from './traffic-window.js';

const INTERVAL_MS = 5_000;
const KEPT_MS = 10 * 60_000;
/** Rates of the tables are of the last minute. */
const RECENT_MS = 60_000;

/** Requests between two looks. Quantiles are null where nothing was predicted. */
export interface TrafficPoint {
  readonly at: Date;
  readonly requests_per_second: number;
  /** Of them, those that were refused (4xx) and those that failed here (5xx). */
  readonly refused_per_second: number;
  readonly failed_per_second: number;
  readonly p50_seconds: number | null;
  readonly p99_seconds: number | null;
}

/** The body of `GET /console/traffic`. */
export interface TrafficReport {
  readonly at: Date;
  readonly interval_seconds: number;
  /** Time that the rates and quantiles of the lists are of. */
  readonly recent_seconds: number;
  /** Oldest first, for ten minutes. */
  readonly points: readonly TrafficPoint[];
  readonly requests: readonly {
    readonly route: string;
    readonly status: number;
    readonly code: string;
    readonly total: number;
    readonly per_second: number;
  }[];
  readonly versions: readonly {
    readonly model: string;
    readonly version: string;
    readonly alias: string;
    readonly requests: number;
    readonly rows: number;
    readonly per_second: number;
    readonly p50_seconds: number | null;
    readonly p99_seconds: number | null;
  }[];
}

/** Looks at the counters now and then, so that whoever opens the console sees what happened before. */
export class TrafficHistory {
  readonly #registry: () => Promise<Registry>;
  readonly #now: () => number;
  readonly #looks: TrafficCounters[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds since 1970 */
  constructor(registry: () => Promise<Registry>, now: () => number = Date.now) {
    this.#registry = registry;
    this.#now = now;
  }

  start(): void {
    const look = (): void => {
      this.look().catch(() => {
        // A worker that is gone in this very moment: the next look has it.
      });
    };
    look();
    this.#timer = setInterval(look, INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(): Promise<void> {
    const counters = await trafficCounters(await this.#registry(), this.#now());
    // A clock that was set back: there is no such thing as a rate over no time.
    while ((this.#looks.at(-1)?.atMs ?? -Infinity) >= counters.atMs) this.#looks.pop();
    this.#looks.push(counters);
    while (this.#looks[0]!.atMs < counters.atMs - KEPT_MS) this.#looks.shift();
  }

  async report(): Promise<TrafficReport> {
    const current = await trafficCounters(await this.#registry(), this.#now());
    const since = this.#looks.find(({ atMs }) => atMs >= current.atMs - RECENT_MS) ?? current;
    const { seconds, requests, predictions } = trafficWindow(since, current);
    const rate = (count: number): number => (seconds > 0 ? count / seconds : 0);
    return {
      at: new Date(current.atMs),
      interval_seconds: INTERVAL_MS / 1_000,
      recent_seconds: seconds,
      points: this.#looks.slice(1).map((later, i) => point(this.#looks[i]!, later)),
      requests: [...current.requests].map(([key, { route, status, code, count }]) => ({
        route,
        status,
        code,
        total: count,
        per_second: rate(requests.get(key) ?? 0),
      })),
      // What is loaded and was never asked is no traffic.
      versions: [...current.predictions].flatMap(([key, { model, version, alias, count, rows }]) => {
        if (count === 0) return [];
        const recent = predictions.get(key);
        return {
          model,
          version,
          alias,
          requests: count,
          rows,
          per_second: rate(recent?.count ?? 0),
          p50_seconds: histogramQuantile(recent?.buckets ?? [], 0.5) ?? null,
          p99_seconds: histogramQuantile(recent?.buckets ?? [], 0.99) ?? null,
        };
      }),
    };
  }
}

function point(earlier: TrafficCounters, later: TrafficCounters): TrafficPoint {
  const { seconds, requests, buckets } = trafficWindow(earlier, later);
  const perSecond = (wanted: (status: number) => boolean): number => {
    const counts = [...later.requests].map(([key, { status }]) =>
      wanted(status) ? (requests.get(key) ?? 0) : 0,
    );
    return counts.reduce((sum, count) => sum + count, 0) / seconds;
  };
  return {
    at: new Date(later.atMs),
    requests_per_second: perSecond(() => true),
    refused_per_second: perSecond((status) => status >= 400 && status < 500),
    failed_per_second: perSecond((status) => status >= 500),
    p50_seconds: histogramQuantile(buckets, 0.5) ?? null,
    p99_seconds: histogramQuantile(buckets, 0.99) ?? null,
  };
}
