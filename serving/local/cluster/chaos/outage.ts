import type { RequestRecord } from '../load-report.js';

/**
 * The longest time, in seconds, in which no request that was due was answered: from the last that was before to the first
 * that was after. What is due at an even rate can't be closer together than that rate has it.
 */
export function outageSeconds(records: readonly RequestRecord[]): number {
  const answered = records
    .flatMap(({ at, failure }) => (failure === undefined ? [at] : []))
    .sort((a, b) => a - b);
  return answered.reduce((longest, at, i) => Math.max(longest, at - (answered[i - 1] ?? at)), 0) / 1_000;
}

/** The slowest answers, and how long they took: what clients waited for while nobody could answer. */
export function slowestMs(records: readonly RequestRecord[]): number {
  return records.reduce(
    (slowest, { ms, failure }) => (failure === undefined ? Math.max(slowest, ms) : slowest),
    0,
  );
}
