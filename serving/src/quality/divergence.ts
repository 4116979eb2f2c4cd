import { total } from './total.js';

/** Share that is put in place of an empty bin, so that one unseen bin does not make the index infinite. */
const EMPTY_SHARE = 1e-4;

/**
 * Population stability index: the sum over bins of (q - p) ln(q / p), which is the Kullback-Leibler divergence
 * taken in both directions and added. Below 0.1 nothing has changed, above 0.25 much has: the conventional reading
 * of scorecard monitoring (N. Siddiqi, Credit Risk Scorecards, Wiley 2006, chapter 9).
 *
 * `EMPTY_SHARE` is added to every share on both sides, so that a bin that is empty on both adds nothing, whatever
 * the numbers of rows.
 *
 * @param reference counts a bin, not all zero
 * @param current counts of the same bins, not all zero; may be weighted
 * @returns 0 for equal shares; no upper bound
 */
export function populationStabilityIndex(reference: readonly number[], current: readonly number[]): number {
  const referenceTotal = total(reference);
  const currentTotal = total(current);
  const all = 1 + reference.length * EMPTY_SHARE;
  let index = 0;
  for (let i = 0; i < reference.length; i += 1) {
    const p = (reference[i]! / referenceTotal + EMPTY_SHARE) / all;
    const q = (current[i]! / currentTotal + EMPTY_SHARE) / all;
    index += (q - p) * Math.log(q / p);
  }
  return index;
}

/**
 * Jensen-Shannon distance: the root of the divergence of J. Lin (Divergence measures based on the Shannon entropy,
 * IEEE Trans. Inf. Theory 37, 1991) in bits. The root is a metric (D. Endres, J. Schindelin, A new metric for
 * probability distributions, IEEE Trans. Inf. Theory 49, 2003). What `scipy.spatial.distance.jensenshannon(p, q, 2)`
 * computes. Bounded and without a choice for empty bins, it says how far where the index above only says that.
 *
 * @param reference counts a bin, not all zero
 * @param current counts of the same bins, not all zero; may be weighted
 * @returns from 0, for equal shares, to 1, for shares without a common bin
 */
export function jensenShannonDistance(reference: readonly number[], current: readonly number[]): number {
  const referenceTotal = total(reference);
  const currentTotal = total(current);
  let divergence = 0;
  for (let i = 0; i < reference.length; i += 1) {
    const p = reference[i]! / referenceTotal;
    const q = current[i]! / currentTotal;
    const middle = (p + q) / 2;
    if (p > 0) divergence += (p * Math.log2(p / middle)) / 2;
    if (q > 0) divergence += (q * Math.log2(q / middle)) / 2;
  }
  // Rounding may leave a hair below 0 or above 1.
  return Math.sqrt(Math.min(1, Math.max(0, divergence)));
}
