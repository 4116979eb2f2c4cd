import type { Mean } from './confidence-sequence.js';

/** So many values up to a bound, those below the bound before it not included. */
export interface BucketCount {
  /** Infinity: no bound. */
  readonly bound: number;
  readonly count: number;
}

/** @param cumulative as a histogram of Prometheus counts, in any order */
export function bucketCounts(
  cumulative: readonly { readonly bound: number; readonly total: number }[],
): readonly BucketCount[] {
  const ordered = [...cumulative].sort((one, other) => one.bound - other.bound);
  return ordered.map(({ bound, total }, i) => ({
    bound,
    // Totals of several replicas, each extrapolated by itself, may miss their order by a little.
    count: Math.max(0, total - (ordered[i - 1]?.total ?? 0)),
  }));
}

/**
 * Mean and variance of what was counted. Where a value is within its bucket is not known: for the mean it is taken to
 * be in the middle, for the variance at the end that makes it greater.
 *
 * @param range of all values that can be
 * @param sum of all values, where it is known
 * @returns undefined where nothing was counted
 */
export function meanOf(
  buckets: readonly BucketCount[],
  [lowest, highest]: readonly [number, number],
  sum?: number,
): Mean | undefined {
  const edges = buckets.map(({ bound, count }, i) => {
    const low = Math.max(lowest, buckets[i - 1]?.bound ?? lowest);
    return { low, high: Math.max(low, Math.min(highest, bound)), count };
  });
  const total = edges.reduce((all, { count }) => all + count, 0);
  const rows = Math.round(total);
  if (rows === 0) return undefined;
  const middle = edges.reduce((all, { low, high, count }) => all + (count * (low + high)) / 2, 0);
  const value = (sum ?? middle) / total;
  const squares = edges.reduce(
    (all, { low, high, count }) => all + count * Math.max((low - value) ** 2, (high - value) ** 2),
    0,
  );
  return { value, variance: squares / total, rows };
}
