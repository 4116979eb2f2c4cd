const TRANSIENT = { firstMs: 1_000, longestMs: 60_000 };
const KNOWN_BAD = { firstMs: 60_000, longestMs: 3_600_000 };

/**
 * How long to leave a version alone after it failed.
 *
 * What may pass by itself (a registry restart) is tried again soon. Bytes that are known to be bad are not: they
 * would fail again and cost a download each time; but not never, since a store can be repaired.
 *
 * @param failures consecutive ones, at least 1
 * @returns milliseconds
 */
export function retryDelayMs(failures: number, transient: boolean): number {
  const { firstMs, longestMs } = transient ? TRANSIENT : KNOWN_BAD;
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
}
