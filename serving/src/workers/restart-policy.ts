/** The end of a worker that nobody asked to end. */
export interface WorkerEnd {
  /** Milliseconds on a clock that only goes forward. */
  readonly atMs: number;
  readonly livedMs: number;
}

export type Verdict =
  | { readonly kind: 'replace'; readonly afterMs: number }
  /** The whole process is to end, so that whoever started it sees it. */
  | { readonly kind: 'give-up' };

/** Shorter, and a worker ended because of how it starts, not because of what it was sent. */
export const EARLY_MS = 10_000;
/** Ends that are longer ago say nothing about now. */
const MEMORY_MS = 5 * 60_000;
const EARLY_ENDS_TO_GIVE_UP = 5;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;

/**
 * What to do about a worker that ended. One that lived for a while is replaced at once. Workers that end soon after
 * their start are replaced later and later; if they do so again and again while no other worker serves, a restart
 * of the process, elsewhere maybe, is the better remedy. As long as another serves, it is never given up.
 *
 * @param ends in their order; the last one is the one in question
 */
export function afterEnd(ends: readonly WorkerEnd[], othersServe: boolean): Verdict {
  const early = earlyEnds(ends);
  if (early === 0) return { kind: 'replace', afterMs: 0 };
  if (early >= EARLY_ENDS_TO_GIVE_UP && !othersServe) return { kind: 'give-up' };
  return { kind: 'replace', afterMs: Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (early - 1)) };
}

/** How many of the latest ends were early ones, without one between them that was not. */
function earlyEnds(ends: readonly WorkerEnd[]): number {
  const now = ends.at(-1)?.atMs ?? 0;
  const lastLate = ends.findLastIndex(({ livedMs, atMs }) => livedMs >= EARLY_MS || now - atMs > MEMORY_MS);
  return ends.length - 1 - lastLate;
}
