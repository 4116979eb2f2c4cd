import type { ServableId } from './servable.js';
import { SERVED_ROLES, type ServedRole } from './served-roles.js';
import { NOTHING, sameServable } from './version-policy.js';

/** What the manager of a role is to have, and which of the managers has what a role wants. */
export interface RolePlan {
  readonly aspired: Readonly<Record<ServedRole, ServableId | typeof NOTHING>>;
  /** Two roles may want one version, which is then loaded once. */
  readonly holders: ReadonlyMap<ServedRole, ServedRole>;
}

/** What decides which of the wanted versions are worth their memory. */
export interface RoleSurroundings {
  /** The version that the champion's alias points at, loaded or not. */
  readonly aliased: string | undefined;
  /** The version that answers under the alias; undefined: none yet. */
  readonly champion: string | undefined;
  /** What the manager of a role has available. */
  readonly loaded: (role: ServedRole) => ServableId | undefined;
}

/**
 * Which roles are to load what. Stateless: it is asked again after every look at the registry, and when the champion
 * is another.
 *
 * A role with the champion's own version is not loaded: it would answer the same. Where the alias points at its
 * version already it is not loaded either, since the champion is about to be; but if it is there, it answers until
 * the champion does.
 */
export function planRoles(
  wanted: ReadonlyMap<ServedRole, ServableId>,
  { aliased, champion, loaded }: RoleSurroundings,
): RolePlan {
  const aspired: Record<ServedRole, ServableId | typeof NOTHING> = {
    canary: NOTHING,
    shadow: NOTHING,
    standby: NOTHING,
  };
  const holders = new Map<ServedRole, ServedRole>();
  const has = (role: ServedRole, id: ServableId): boolean => {
    const present = loaded(role);
    return present !== undefined && sameServable(present, id);
  };
  for (const [role, id] of wanted) {
    if (id.version === champion) continue;
    const sharing = SERVED_ROLES.filter((other) => {
      const theirs = wanted.get(other);
      return theirs !== undefined && sameServable(theirs, id);
    });
    const present = sharing.find((other) => has(other, id));
    if (present === undefined && id.version === aliased) continue;
    const holder = present ?? sharing[0] ?? role;
    holders.set(role, holder);
    aspired[holder] = id;
  }
  return { aspired, holders };
}
