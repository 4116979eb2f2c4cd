import { z } from 'zod';
import type { Verdict } from '../load/verdict.js';
import { isKept } from '../load/verdict.js';
import { median } from '../report/statistics.js';
import { figure, markdownTable } from '../report/table.js';

/** As many earlier runs as a figure is held against. */
const COMPARED = 20;
/** Fewer say nothing. */
const LEAST_COMPARED = 3;
/** Machines of the same kind differ by this much from night to night. */
const WORSE_BY = 1.5;

export const runSchema = z.object({
  commit: z.string(),
  at: z.iso.datetime(),
  figures: z.record(z.string(), z.number()),
});

/** What one run of benchmarks has measured, by what it was held against. */
export type Run = z.infer<typeof runSchema>;

export interface Comparison {
  readonly verdict: Verdict;
  /** Of the runs before; undefined: too few. */
  readonly usual: number | undefined;
  /** Whether it is so much more than usual that somebody should look. */
  readonly worse: boolean;
}

/** Holds what is small when it is good against what it was before. Nothing measured is worse than something. */
export function compareWithHistory(verdicts: readonly Verdict[], earlier: readonly Run[]): Comparison[] {
  return verdicts.map((verdict) => {
    const before = earlier
      .slice(-COMPARED)
      .flatMap(({ figures }) => figures[verdict.promise] ?? [])
      .filter(Number.isFinite);
    if (before.length < LEAST_COMPARED) return { verdict, usual: undefined, worse: false };
    const usual = median(before);
    // Of nothing, every multiple is nothing: there the promise itself decides.
    const worse = usual > 0 ? !(verdict.measured <= usual * WORSE_BY) : !isKept(verdict);
    return { verdict, usual, worse };
  });
}

/** For the summary of a run. */
export function describeComparisons(comparisons: readonly Comparison[]): string {
  return markdownTable(
    [
      { heading: 'promise', cell: ({ verdict }) => verdict.promise },
      { heading: 'measured', align: 'right', cell: ({ verdict }) => figure(verdict.measured) + verdict.unit },
      { heading: 'limit', align: 'right', cell: ({ verdict }) => figure(verdict.limit) + verdict.unit },
      {
        heading: 'usual',
        align: 'right',
        cell: ({ usual, verdict }) => (usual === undefined ? '' : figure(usual) + verdict.unit),
      },
      {
        heading: 'so it is',
        cell: ({ verdict, worse }) =>
          worse ? '**worse than usual**' : isKept(verdict) ? 'kept' : 'not kept',
      },
    ],
    comparisons,
  );
}
