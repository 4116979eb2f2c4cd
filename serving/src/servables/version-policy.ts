import type { ServableId } from './servable.js';
import type { ServableState } from './states.js';

/** A servable as the policy sees it. */
export interface ServableSnapshot {
  readonly id: ServableId;
  readonly state: ServableState;
}

export type Action =
  { readonly kind: 'load'; readonly id: ServableId } | { readonly kind: 'retire'; readonly id: ServableId };

export function sameServable(a: ServableId, b: ServableId): boolean {
  return a.modelName === b.modelName && a.version === b.version && a.digest === b.digest;
}

/**
 * The next step from what is loaded to what is aspired, or undefined where there is none. Stateless and
 * idempotent: it is asked again after every step.
 *
 * What is available is retired only when what is aspired is available: whatever happens to a successor, the
 * last good servable stays.
 *
 * @param aspired what the alias points at; undefined while that is not known
 * @param servables what there is, in any state
 * @param mayLoad false for what failed and is still backing off
 */
export function nextAction(
  aspired: ServableId | undefined,
  servables: readonly ServableSnapshot[],
  mayLoad: (id: ServableId) => boolean,
): Action | undefined {
  if (aspired === undefined) return undefined;
  const present = servables.find(
    ({ id, state }) =>
      sameServable(id, aspired) && (state === 'new' || state === 'loading' || state === 'available'),
  );
  if (present === undefined) return mayLoad(aspired) ? { kind: 'load', id: aspired } : undefined;
  if (present.state !== 'available') return undefined;
  const superseded = servables.find(({ id, state }) => state === 'available' && !sameServable(id, aspired));
  return superseded === undefined ? undefined : { kind: 'retire', id: superseded.id };
}
