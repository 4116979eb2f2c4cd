import { setTimeout as timeout } from 'node:timers/promises';

/** Resolves after so many milliseconds, or as soon as the signal says that nobody waits any more. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await timeout(ms, undefined, { signal }).catch(() => undefined);
}
