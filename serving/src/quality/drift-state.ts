import type { DriftThresholds } from './drift-settings.js';

/**
 * Whether a feature or a score is where its reference is.
 *
 *   too_few_rows ---> calm <---> drifted
 *
 * calm -> drifted     the index rises above the upper threshold
 * drifted -> calm     it falls below the lower one; in between a state stays, so that an index that
 *                     wavers about one threshold does not raise and clear an alert every minute
 * too_few_rows        the window does not hold enough rows to tell
 * reference_too_small nor does the reference: it stays so for as long as the version is served
 */
export type DriftState = 'calm' | 'drifted' | 'too_few_rows' | 'reference_too_small';

/**
 * Rows a bin, in the window and in the reference, below which an index says nothing. Without any drift the index
 * has an expectation of about (bins - 1)(1/n + 1/m) for n and m rows (B. Yurdakul, Statistical Properties of
 * Population Stability Index, Western Michigan University 2018): 20 rows a bin on either side keep it below 0.1.
 */
export const ROWS_PER_BIN = 20;

/** @param wasDrifted the last verdict of calm and drifted; false before the first */
export function driftState(
  wasDrifted: boolean,
  index: number,
  { upper, lower }: DriftThresholds,
): 'calm' | 'drifted' {
  if (index > upper) return 'drifted';
  if (index < lower) return 'calm';
  return wasDrifted ? 'drifted' : 'calm';
}
