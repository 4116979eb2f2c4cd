import { hash } from 'node:crypto';
import type { ServedRole, TrafficSplit } from '../servables/served-roles.js';

/** The split of one model. */
export interface TrafficPolicy {
  readonly model: string;
  readonly split: TrafficSplit;
}

export interface Route {
  /** Whose servable answers. */
  readonly role: 'champion' | 'canary';
  /** Whether the shadow sees the request too. */
  readonly shadow: boolean;
}

/** Percentages have two decimals. */
const BUCKETS = 10_000;
const HEX_DIGITS = 8;

const CHAMPION: Route = { role: 'champion', shadow: false };
const CHAMPION_AND_SHADOW: Route = { role: 'champion', shadow: true };
const CANARY: Route = { role: 'canary', shadow: false };

/**
 * Which version answers a request. Stateless, without a clock and without chance: every worker of every replica comes
 * to the same answer for the same key, and comes to it again after a restart.
 *
 * A version that is not available is given nothing, as if the policy did not name it. What a tester asks for by name
 * is no live traffic, and does not come here.
 *
 * @param isAvailable whether the version that the policy has in this role can answer here and now
 * @param key requests with one key stay on one side for as long as the split does not move past them
 */
export function route(
  { model, split: { canary, shadow } }: TrafficPolicy,
  isAvailable: (role: ServedRole) => boolean,
  key: string,
): Route {
  if (
    canary !== undefined &&
    isChosen(canary.percent, `${model}/${canary.version}/${key}`) &&
    isAvailable('canary')
  ) {
    return CANARY;
  }
  // Salted apart from a canary, so that a shadow of the same version does not see those alone whom the canary leaves.
  return shadow !== undefined &&
    isChosen(shadow.percent, `shadow/${model}/${shadow.version}/${key}`) &&
    isAvailable('shadow')
    ? CHAMPION_AND_SHADOW
    : CHAMPION;
}

/** A larger percentage chooses all that a smaller one chose: a text stays in its bucket. */
function isChosen(percent: number, text: string): boolean {
  // Most splits that last are one of these two, and need no hash.
  if (percent <= 0) return false;
  return percent >= 100 || bucketOf(text) < Math.round((percent * BUCKETS) / 100);
}

/** From 0 to 9999, evenly, whatever the texts look like. */
export function bucketOf(text: string): number {
  return parseInt(hash('sha256', text).slice(0, HEX_DIGITS), 16) % BUCKETS;
}
