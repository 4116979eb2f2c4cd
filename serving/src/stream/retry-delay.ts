const FIRST_MS = 100;
const LONGEST_MS = 5_000;
/** Whoever asks for more is asked again sooner. */
const LONGEST_WISH_MS = 60_000;

/**
 * How long to leave the tier alone: twice as long after each failure, half of it by chance, so that messages that
 * failed together do not come back together; and never sooner than the tier asked for.
 *
 * @param failures of this message in a row, at least 1
 * @param notBeforeSeconds of the tier's `retry-after`, or 0
 * @param chance from 0 to 1
 * @returns milliseconds
 */
export function retryDelayMs(failures: number, notBeforeSeconds: number, chance: number): number {
  const backoff = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
  return Math.min(LONGEST_WISH_MS, notBeforeSeconds * 1_000) + (backoff / 2) * (1 + chance);
}
