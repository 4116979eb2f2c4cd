/**
 * Intervals that may be looked at as often as one likes. An interval of the usual kind holds at one moment that was
 * chosen beforehand: whoever looks every quarter of a minute, and stops when it looks bad, is wrong far more often
 * than it says. A confidence sequence holds at all moments together: over a whole rollout, the chance that the truth
 * ever lies outside of it is at most alpha.
 *
 * Proportions: mixture likelihood ratios with a Beta(1/2, 1/2) mixture (H. Robbins, Statistical methods related to the
 * law of the iterated logarithm, Ann. Math. Statist. 41, 1970; S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon,
 * Time-uniform, nonparametric, nonasymptotic confidence sequences, Ann. Statist. 49, 2021). Exact for every number of
 * trials, also where nothing has failed yet.
 *
 * Means: the mixture sequential probability ratio test with a normal mixture (R. Johari, P. Koomen, L. Pekelis, D. Walsh,
 * Always valid inference, Operations Research 70, 2022; I. Waudby-Smith and others, Time-uniform central limit theory
 * and asymptotic confidence sequences, Ann. Statist. 52, 2024). It leans on the central limit theorem, so that it wants
 * some hundred rows before the first look: `MIN_ROWS_OF_A_MEAN`.
 */

/** Of `trials`, so many were an event. */
export interface Proportion {
  readonly events: number;
  readonly trials: number;
}

/** A mean of independent rows. */
export interface Mean {
  readonly value: number;
  /** Of one row, not of the mean. */
  readonly variance: number;
  readonly rows: number;
}

export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** Below this many rows the central limit theorem is not leaned on. */
export const MIN_ROWS_OF_A_MEAN = 100;

/** To a tenth of a millionth, towards the outside. */
const BISECTIONS = 24;

/** @param alpha chance, over all looks together, that the truth is outside */
export function proportionInterval({ events, trials }: Proportion, alpha: number): Interval {
  const estimate = trials === 0 ? 0 : events / trials;
  if (trials === 0) return { estimate, lower: 0, upper: 1 };
  const evidence = evidenceAgainst({ events, trials });
  const isOutside = (p: number): boolean => evidence(p) >= Math.log(1 / alpha);
  return {
    estimate,
    lower: edge(estimate, 0, isOutside),
    upper: edge(estimate, 1, isOutside),
  };
}

/**
 * How much greater the proportion of `one` is than that of `other`: what the ends of their own intervals leave open,
 * each of half of alpha. Exact, and as narrow as that of `one` where `other` has seen far more.
 */
export function differenceOfProportions(one: Proportion, other: Proportion, alpha: number): Interval {
  const [first, second] = [proportionInterval(one, alpha / 2), proportionInterval(other, alpha / 2)];
  return {
    estimate: one.trials === 0 || other.trials === 0 ? 0 : first.estimate - second.estimate,
    lower: first.lower - second.upper,
    upper: first.upper - second.lower,
  };
}

/** @param scale a difference of this size is what the interval is to tell soonest */
export function differenceOfMeans(one: Mean, other: Mean, alpha: number, scale: number): Interval {
  const estimate = one.value - other.value;
  if (Math.min(one.rows, other.rows) < MIN_ROWS_OF_A_MEAN) return unknown(estimate);
  return around(estimate, one.variance / one.rows + other.variance / other.rows, alpha, scale);
}

/** @param scale a mean this far from nought is what the interval is to tell soonest */
export function meanInterval(mean: Mean, alpha: number, scale: number): Interval {
  if (mean.rows < MIN_ROWS_OF_A_MEAN) return unknown(mean.value);
  return around(mean.value, mean.variance / mean.rows, alpha, scale);
}

/**
 * For an estimate that is known with its variance, such as one that was pushed with an interval of its own.
 * @param variance of the estimate
 */
export function around(estimate: number, variance: number, alpha: number, scale: number): Interval {
  const mixture = scale * scale;
  // Rows that are all the same say nothing of how much they vary, only that it is little.
  const v = Math.max(variance, mixture * 1e-9);
  const half = Math.sqrt(
    ((v * (v + mixture)) / mixture) * (2 * Math.log(1 / alpha) + Math.log((v + mixture) / v)),
  );
  return { estimate, lower: estimate - half, upper: estimate + half };
}

function unknown(estimate: number): Interval {
  return { estimate, lower: -Infinity, upper: Infinity };
}

/** Logarithm of the mixture likelihood ratio: how many times better the mixture explains the counts than `p` does. */
function evidenceAgainst({ events, trials }: Proportion): (p: number) => number {
  const misses = trials - events;
  const mixture = logBeta(events + 0.5, misses + 0.5) - logBeta(0.5, 0.5);
  return (p) => mixture - times(events, Math.log(p)) - times(misses, Math.log1p(-p));
}

/** What never happened does not count against an impossible event. */
function times(count: number, logarithm: number): number {
  return count === 0 ? 0 : count * logarithm;
}

/** Where the values that are outside begin, on the way from the estimate to the end of what is possible. */
function edge(estimate: number, end: number, isOutside: (value: number) => boolean): number {
  if (!isOutside(end)) return end;
  let [inside, outside] = [estimate, end];
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (inside + outside) / 2;
    if (isOutside(middle)) outside = middle;
    else inside = middle;
  }
  return outside;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Stirling's series, after the argument was made large enough for it: right to twelve digits. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 10; z += 1) shift -= Math.log(z);
  const series = 1 / (12 * z) - 1 / (360 * z ** 3) + 1 / (1260 * z ** 5) - 1 / (1680 * z ** 7);
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}
