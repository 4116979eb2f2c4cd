import { figure } from '../report/table.js';

/** A promise that a benchmark holds a figure against. */
export interface Verdict {
  /** What is promised, in words. */
  readonly promise: string;
  readonly measured: number;
  /** The largest value that keeps the promise. */
  readonly limit: number;
  readonly unit: string;
}

/** What could not be measured is not kept. */
export function isKept({ measured, limit }: Verdict): boolean {
  return measured <= limit;
}

/** One line a promise, as text and as Markdown. */
export function describeVerdict(verdict: Verdict): string {
  const { promise, measured, limit, unit } = verdict;
  const said = `${figure(measured)}${unit}, at most ${figure(limit)}${unit}`;
  return `${isKept(verdict) ? 'kept' : 'NOT KEPT'}: ${promise}: ${said}`;
}

/** 0 when all promises are kept. */
export function exitCodeOf(verdicts: readonly Verdict[]): number {
  return verdicts.every(isKept) ? 0 : 1;
}
