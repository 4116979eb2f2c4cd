import { DIGEST_TAG, RegistryError, type ModelRegistry } from '../registry/model-registry.js';
import type { PromotionRecords } from '../registry/promotion-records.js';
import { ChampionMover, type Rest } from './champion-mover.js';
import { confirmServed, waitUntilServed, type FleetToWaitFor } from './fleet-wait.js';
import { judge, type Credentials } from './guard.js';
import { NO_CHAMPION } from './move.js';
import { PromotionError } from './promotion-error.js';
import { registeredVersion } from './registered-version.js';

/** Who moves champion, and why: for the history. */
export interface Signed {
  readonly by: string;
  readonly reason: string;
}

export interface PromoteRequest extends FleetToWaitFor, Credentials, Signed {
  readonly model: string;
  readonly version: string;
  /** The champion that the candidate was compared against, or `none`. */
  readonly expectChampion: string;
}

export interface PromoteResult {
  readonly promoted: true;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly previous: string;
  readonly replicas: number;
  /** Number of the line in the history; undefined: the version was champion already. */
  readonly move: number | undefined;
  /** The version has no blessing that counts. */
  readonly forced: boolean;
  /** What was found and put in order on the way. */
  readonly notes: readonly string[];
}

/**
 * Moves `champion` to a blessed version, if it still points where it pointed when the version was compared.
 * Promoting what already is champion succeeds and moves nothing, so that a retried task may call again.
 *
 * @throws {PromotionError} of every kind
 * @throws {RegistryError}
 */
export async function promote(
  registry: ModelRegistry,
  records: PromotionRecords,
  request: PromoteRequest,
): Promise<PromoteResult> {
  const { model, version, expectChampion, by, reason, approvedBy } = request;
  const registered = await registeredVersion(registry, model, version);
  const refuse = (kind: 'refused' | 'conflict', why: string): PromotionError =>
    new PromotionError(kind, `Model ${model} version ${version} is not promoted: ${why}`);
  const mover = new ChampionMover(registry, records, model);
  let previous = version;

  const { moves, move, notes } = await mover.move(async (rest) => {
    previous = rest.champion;
    if (rest.champion === version) return undefined;
    const verdict = judge(registered, request, (await registry.getRegisteredModel(model)).tags);
    if (!verdict.allowed) throw refuse('refused', verdict.objection);
    if (rest.champion !== expectChampion) {
      throw refuse(
        'conflict',
        `it was compared against champion ${expectChampion}, but champion is now ${rest.champion}` +
          `${lastMoveOf(rest)}; compare again`,
      );
    }
    await confirmChampion(mover, registry, model, rest, request);
    return {
      action: 'promote',
      to: version,
      by,
      reason,
      approvedBy,
      forced: verdict.forced,
      digest: verdict.digest,
      blessingDigest: registered.tags.get('blessing_digest'),
    };
  });

  const digest = registered.tags.get(DIGEST_TAG) ?? 'none';
  const arrived = move ?? moves.findLast(({ to }) => to === version);
  const superseded = moves.at(-1);
  if (superseded !== undefined && superseded.to !== version) {
    throw refuse(
      'conflict',
      `it was champion for a moment, then ${superseded.by} moved on to ${superseded.to}`,
    );
  }
  const replicas = await waitUntilServed(mover, { model, version, digest, move: arrived }, request);
  return {
    promoted: true,
    model,
    version,
    digest,
    previous,
    replicas,
    move: move?.number,
    forced: arrived?.forced ?? false,
    notes,
  };
}

/** Before the champion is left: was it served by all? Nothing that goes wrong here is a reason not to move. */
export async function confirmChampion(
  mover: ChampionMover,
  registry: ModelRegistry,
  model: string,
  { moves, champion }: Rest,
  fleet: FleetToWaitFor,
): Promise<void> {
  if (champion === NO_CHAMPION || fleet.replicas.length === 0) return;
  try {
    const digest = (await registry.getModelVersion(model, champion)).tags.get(DIGEST_TAG);
    if (digest === undefined) return;
    await confirmServed(mover, { model, version: champion, digest, move: moves.at(-1) }, fleet);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
  }
}

function lastMoveOf({ moves }: Rest): string {
  const last = moves.at(-1);
  return last === undefined ? '' : ` (by ${last.by} at ${last.at})`;
}
