/**
 * The life of a servable.
 *
 *   new ---> loading ---> available ---> quiescing ---> unloaded
 *    |          |             |              |
 *    +----------+-------------+--------------+--------> failed
 *
 * loading    its package is fetched, verified, put into a session and warmed on golden rows
 * available  answers requests
 * quiescing  has a successor; finishes the requests that hold it
 * unloaded   its session is released
 * failed     never became available, or broke; its session, if any, is released
 */
export type ServableState = 'new' | 'loading' | 'available' | 'quiescing' | 'unloaded' | 'failed';

const NEXT: Readonly<Record<ServableState, readonly ServableState[]>> = {
  new: ['loading', 'failed'],
  loading: ['available', 'failed'],
  available: ['quiescing', 'failed'],
  quiescing: ['unloaded', 'failed'],
  unloaded: [],
  failed: [],
};

/** @throws {Error} when the states do not follow each other: a bug, never a condition to handle */
export function assertTransition(from: ServableState, to: ServableState): void {
  if (!NEXT[from].includes(to)) throw new Error(`A servable can't go from ${from} to ${to}`);
}
