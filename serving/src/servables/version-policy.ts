import type { ServableId } from './servable.js';
import type { ServableState } from './states.js';

/** A servable as the policy sees it. */
export interface ServableSnapshot {
  readonly id: ServableId;
  readonly state: ServableState;
}

export type Action =
  { readonly kind: 'load'; readonly id: ServableId } | { readonly kind: 'retire'; readonly id: ServableId };

/** Nothing is to be loaded, as opposed to: what is to be loaded is not known. */
export const NOTHING = 'nothing';

export function sameServable(a: ServableId, b: ServableId): boolean {
  return a.modelName === b.modelName && a.version === b.version && a.digest === b.digest;
}

/**
 * The next step from what is loaded to what is aspired, or undefined where there is none. Stateless and
 * idempotent: it is asked again after every step.
 *
 * One servable that is available stays, whatever happens to a successor: the aspired one, or until that is
 * available the newest. Others are retired at once, so that an alias that moves faster than versions load does not
 * fill the memory with them. Only where nothing is aspired is none kept.
 *
 * @param aspired what the alias points at; undefined while that is not known
 * @param servables what there is, in any state, in the order in which loading began
 * @param mayLoad false for what failed and is still backing off
 */
export function nextAction(
  aspired: ServableId | typeof NOTHING | undefined,
  servables: readonly ServableSnapshot[],
  mayLoad: (id: ServableId) => boolean,
): Action | undefined {
  if (aspired === undefined) return undefined;
  const available = servables.filter(({ state }) => state === 'available');
  if (aspired === NOTHING) return available[0] && { kind: 'retire', id: available[0].id };
  const keeper = available.find(({ id }) => sameServable(id, aspired)) ?? available.at(-1);
  const superseded = available.find((servable) => servable !== keeper);
  if (superseded !== undefined) return { kind: 'retire', id: superseded.id };
  const present = servables.find(
    ({ id, state }) =>
      sameServable(id, aspired) && (state === 'new' || state === 'loading' || state === 'available'),
  );
  return present === undefined && mayLoad(aspired) ? { kind: 'load', id: aspired } : undefined;
}
