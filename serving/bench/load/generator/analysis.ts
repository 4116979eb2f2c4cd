import { quantile } from '../../report/statistics.js';
import type { Samples } from './plan.js';

/** What became of a request, as its sender sees it. */
export type Outcome = 'answered' | 'shed' | 'failed';

/** Shed: told to come back later, at once and in order. Everything else that is not an answer failed. */
export function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return 'answered';
  return status === 429 || status === 503 ? 'shed' : 'failed';
}

/** Some of the requests of a stream: those that were due from one time to another, in milliseconds. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Summary {
  readonly requests: number;
  readonly answered: number;
  readonly shed: number;
  readonly failed: number;
  /** Of answered requests a second. */
  readonly answeredPerSecond: number;
  /** Latency of answered requests, in milliseconds; NaN where there is none. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Adds up the requests of some streams within a window. */
export function summarise(streams: readonly Samples[], { fromMs, toMs }: Window): Summary {
  const counts = { answered: 0, shed: 0, failed: 0 };
  const latencies: number[] = [];
  for (const { dueMs, latencyMs, status } of streams) {
    for (let i = 0; i < dueMs.length; i += 1) {
      if (dueMs[i]! < fromMs || dueMs[i]! >= toMs) continue;
      const outcome = outcomeOf(status[i]!);
      counts[outcome] += 1;
      if (outcome === 'answered') latencies.push(latencyMs[i]!);
    }
  }
  return {
    requests: counts.answered + counts.shed + counts.failed,
    ...counts,
    answeredPerSecond: (counts.answered * 1_000) / (toMs - fromMs),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: quantile(latencies, 1),
  };
}

/**
 * p99, in milliseconds, of the requests that were *answered* within a window, whenever they were due: how long those
 * have waited that get through. NaN where there is none.
 */
export function p99OfAnswersIn(streams: readonly Samples[], { fromMs, toMs }: Window): number {
  const latencies: number[] = [];
  for (const { dueMs, latencyMs, status } of streams) {
    for (let i = 0; i < dueMs.length; i += 1) {
      const endMs = dueMs[i]! + latencyMs[i]!;
      if (endMs >= fromMs && endMs < toMs && outcomeOf(status[i]!) === 'answered')
        latencies.push(latencyMs[i]!);
    }
  }
  return quantile(latencies, 0.99);
}

/** The windows of equal length that a time is cut into; what is left over at the end belongs to none. */
export function windowsOf(durationMs: number, lengthMs: number): Window[] {
  return Array.from({ length: Math.floor(durationMs / lengthMs) }, (_, i) => ({
    fromMs: i * lengthMs,
    toMs: (i + 1) * lengthMs,
  }));
}
