import type { ChampionMover } from './champion-mover.js';
import { CHAMPION } from './champion-mover.js';
import { waitForFleet } from './fleet.js';
import type { Move } from './move.js';
import { PromotionError } from './promotion-error.js';

/** Replicas to wait for; none: don't. */
export interface FleetToWaitFor {
  /** Management addresses; `dns+http://name:port` stands for all replicas of that name. */
  readonly replicas: readonly string[];
  readonly timeoutMs: number;
}

/** The version that replicas are to serve, and the line of the history that made it champion. */
export interface Arrival {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly move: Move | undefined;
}

/**
 * Waits until every replica serves the champion, and writes down that they did.
 * @returns how many those are
 * @throws {PromotionError} fleet-disagrees: says which does not, and why
 */
export async function waitUntilServed(
  mover: ChampionMover,
  { model, version, digest, move }: Arrival,
  { replicas, timeoutMs }: FleetToWaitFor,
): Promise<number> {
  if (replicas.length === 0) return 0;
  const wanted = { model, alias: CHAMPION, version, digest };
  const { replicas: count, objections } = await waitForFleet(replicas, wanted, timeoutMs);
  if (objections.length > 0) {
    throw new PromotionError(
      'fleet-disagrees',
      `champion is version ${version}, but not every replica serves it: ${objections.join('; ')}`,
      { evidence: { version, objections } },
    );
  }
  if (move !== undefined) await mover.markServed(move, count);
  return count;
}

/**
 * Looks once, before a champion is left, whether every replica serves it, and writes that down: it may have been
 * promoted without waiting, and then nothing says that it is one to go back to.
 */
export async function confirmServed(
  mover: ChampionMover,
  { model, version, digest, move }: Arrival,
  { replicas }: FleetToWaitFor,
): Promise<void> {
  if (replicas.length === 0 || move === undefined || move.served !== undefined) return;
  const wanted = { model, alias: CHAMPION, version, digest };
  const { replicas: count, objections } = await waitForFleet(replicas, wanted, 0);
  if (objections.length === 0) await mover.markServed(move, count);
}
