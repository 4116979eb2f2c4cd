import type { Servable } from './servable.js';

export const SERVED_ROLES = ['canary', 'shadow', 'standby'] as const;

/** What a servable beside the champion is there for; the registry's tags of live traffic say which version it is. */
export type ServedRole = (typeof SERVED_ROLES)[number];

/** How live traffic is split: which versions, and how many percent of the requests each is to have. */
export interface TrafficSplit {
  readonly canary?: { readonly version: string; readonly percent: number } | undefined;
  readonly shadow?: { readonly version: string; readonly percent: number } | undefined;
  readonly standby?: { readonly version: string } | undefined;
}

/** The servables that a model has beside its champion. */
export interface ServedRoles {
  /** What is in force; undefined: everything is the champion's. */
  readonly split: TrafficSplit | undefined;
  /** What the split wants in this role, where that is available here. For looking at; to use it, acquire it. */
  servable(role: ServedRole): Servable | undefined;
}
