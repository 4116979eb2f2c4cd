import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PlatformFailure } from './failure.js';

export interface WaitOptions {
  /** Completes "timed out waiting for ...". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly remedy?: string;
}

/**
 * Asks until the answer is not undefined. A probe that throws is a probe that has no answer yet, unless it
 * throws a PlatformFailure: that one is final.
 */
export async function waitUntil<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
    } catch (error) {
      if (error instanceof PlatformFailure) throw error;
      lastError = error;
    }
    if (Date.now() >= deadline) {
      const cause = lastError === undefined ? '' : ` (last error: ${messageOf(lastError)})`;
      const seconds = Math.round(options.timeoutMs / 1000);
      throw new PlatformFailure(
        `Timed out after ${seconds} s waiting for ${options.what}${cause}`,
        options.remedy,
      );
    }
    await sleep(options.intervalMs ?? 500);
  }
}
