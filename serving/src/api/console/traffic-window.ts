import type { PredictionCounter, TrafficCounters } from './traffic-counters.js';

type Buckets = PredictionCounter['buckets'];

/**
 * The quantile of a histogram, as Prometheus's histogram_quantile estimates it: even within a bucket.
 * @param q from 0 to 1
 * @returns undefined when nothing was counted; the largest finite bound when it lies beyond it
 */
export function histogramQuantile(buckets: Buckets, q: number): number | undefined {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const rank = q * total;
  let lower = 0;
  let below = 0;
  for (const [bound, count] of buckets) {
    if (count >= rank && count > below) {
      if (bound === Infinity) return lower;
      return lower + (bound - lower) * ((rank - below) / (count - below));
    }
    lower = bound;
    below = count;
  }
  return lower;
}

/** What a counter grew by. It starts again at zero in a process that starts again. */
function growth(earlier: number, later: number): number {
  return later >= earlier ? later - earlier : later;
}

function bucketGrowth(earlier: Buckets, later: Buckets): Buckets {
  const before = new Map(earlier);
  const restarted = (later.at(-1)?.[1] ?? 0) < (earlier.at(-1)?.[1] ?? 0);
  return later.map(([bound, count]) => [bound, restarted ? count : count - (before.get(bound) ?? 0)]);
}

function added(one: Buckets, other: Buckets): Buckets {
  if (one.length === 0) return other;
  return one.map(([bound, count], i) => [bound, count + (other[i]?.[1] ?? 0)]);
}

/** The traffic between two looks at the counters. */
export interface TrafficWindow {
  readonly seconds: number;
  /** By the keys of the counters. */
  readonly requests: ReadonlyMap<string, number>;
  readonly predictions: ReadonlyMap<string, { readonly count: number; readonly buckets: Buckets }>;
  /** Durations of all versions together. */
  readonly buckets: Buckets;
}

export function trafficWindow(earlier: TrafficCounters, later: TrafficCounters): TrafficWindow {
  const predictions = new Map(
    [...later.predictions].map(([key, { count, buckets }]) => {
      const before = earlier.predictions.get(key);
      return [
        key,
        { count: growth(before?.count ?? 0, count), buckets: bucketGrowth(before?.buckets ?? [], buckets) },
      ];
    }),
  );
  return {
    seconds: (later.atMs - earlier.atMs) / 1_000,
    requests: new Map(
      [...later.requests].map(([key, { count }]) => [
        key,
        growth(earlier.requests.get(key)?.count ?? 0, count),
      ]),
    ),
    predictions,
    buckets: [...predictions.values()].reduce<Buckets>((sum, { buckets }) => added(sum, buckets), []),
  };
}
