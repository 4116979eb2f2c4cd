/** The middle and the ends of some measurements. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * The value below which a share of the values lies, interpolated between neighbours.
 *
 * @param share 0 to 1
 * @returns NaN where there are no values
 */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const lower = sorted[below]!;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return lower + (upper - lower) * (position - below);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

export function spreadOf(values: ArrayLike<number>): Spread {
  return { median: median(values), lowest: quantile(values, 0), highest: quantile(values, 1) };
}

/** Least-squares slope of values over their index: units a step. */
export function slope(values: readonly number[]): number {
  const meanX = (values.length - 1) / 2;
  const meanY = values.reduce((sum, value) => sum + value, 0) / values.length;
  const over = values.reduce((sum, value, x) => sum + (x - meanX) * (value - meanY), 0);
  return over / values.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0);
}
