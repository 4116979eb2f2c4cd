import {
  DIGEST_TAG,
  RegistryError,
  type ModelRegistry,
  type ModelVersion,
} from '../registry/model-registry.js';
import type { PromotionRecords } from '../registry/promotion-records.js';
import { ChampionMover, type Rest } from './champion-mover.js';
import { waitUntilServed, type FleetToWaitFor } from './fleet-wait.js';
import { judge, type Credentials, type Verdict } from './guard.js';
import { NO_CHAMPION } from './move.js';
import type { Signed } from './promote.js';
import { PromotionError } from './promotion-error.js';
import { registeredVersion } from './registered-version.js';
import { rollbackCandidates, type Considered } from './rollback-target.js';

export interface RollbackRequest extends FleetToWaitFor, Credentials, Signed {
  readonly model: string;
  /** The version to go back to; undefined: the last one that served well. */
  readonly to: string | undefined;
  /** The champion that is to be left; undefined: whichever it is. */
  readonly expectChampion: string | undefined;
}

export interface RollbackResult {
  readonly rolled_back: true;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly previous: string;
  readonly replicas: number;
  /** Number of the line in the history; undefined: champion had been rolled back already. */
  readonly move: number | undefined;
  readonly forced: boolean;
  /** Versions that were passed over, and why. */
  readonly considered: readonly Considered[];
  readonly notes: readonly string[];
}

interface Target {
  readonly version: ModelVersion;
  readonly verdict: Extract<Verdict, { readonly allowed: true }>;
}

/**
 * Moves `champion` back to the last version that really served well. Nothing is downloaded or judged anew: what a
 * blessing says of these bytes it says today as well.
 *
 * With `expectChampion` a retried call moves nothing: it finds that this champion was rolled back from.
 *
 * @throws {PromotionError} of every kind; refused with each version that was considered and why not
 * @throws {RegistryError}
 */
export async function rollback(
  registry: ModelRegistry,
  records: PromotionRecords,
  request: RollbackRequest,
): Promise<RollbackResult> {
  const { model, expectChampion, by, reason, approvedBy } = request;
  const mover = new ChampionMover(registry, records, model);
  let previous = NO_CHAMPION;
  let considered: readonly Considered[] = [];
  let target: Target | undefined;

  const { moves, champion, move, notes } = await mover.move(async (rest) => {
    previous = rest.champion;
    if (isDone(rest, request)) return undefined;
    if (expectChampion !== undefined && rest.champion !== expectChampion) {
      throw new PromotionError(
        'conflict',
        `Model ${model} is not rolled back: champion is ${rest.champion}, not ${expectChampion}`,
      );
    }
    ({ target, considered } = await findTarget(registry, rest, request));
    const { version, verdict } = target;
    return {
      action: 'rollback',
      to: version.version,
      by,
      reason,
      approvedBy,
      forced: verdict.forced,
      digest: verdict.digest,
      blessingDigest: version.tags.get('blessing_digest'),
    };
  });

  if (move !== undefined && champion !== move.to) {
    const later = moves.at(-1)!;
    throw new PromotionError(
      'conflict',
      `Model ${model} was rolled back to ${move.to}, then ${later.by} moved on to ${later.to}`,
    );
  }
  const tags = target?.version.tags ?? (await registeredVersion(registry, model, champion)).tags;
  const digest = tags.get(DIGEST_TAG) ?? 'none';
  const arrived = move ?? moves.at(-1);
  const replicas = await waitUntilServed(mover, { model, version: champion, digest, move: arrived }, request);
  return {
    rolled_back: true,
    model,
    version: champion,
    digest,
    previous,
    replicas,
    move: move?.number,
    forced: arrived?.forced ?? false,
    considered,
    notes,
  };
}

/** Whether an earlier call has done what this one asks for. */
function isDone({ moves, champion }: Rest, { to, expectChampion }: RollbackRequest): boolean {
  if (to !== undefined) return champion === to;
  const last = moves.at(-1);
  return expectChampion !== undefined && last?.action === 'rollback' && last.from === expectChampion;
}

async function findTarget(
  registry: ModelRegistry,
  { moves, champion }: Rest,
  request: RollbackRequest,
): Promise<{ target: Target; considered: readonly Considered[] }> {
  const { model } = request;
  const { tags } = await registry.getRegisteredModel(model);
  if (request.to !== undefined) {
    const version = await registeredVersion(registry, model, request.to);
    const verdict = judge(version, request, tags);
    if (verdict.allowed) return { target: { version, verdict }, considered: [] };
    throw new PromotionError(
      'refused',
      `Model ${model} is not rolled back to version ${request.to}: ${verdict.objection}`,
    );
  }
  const considered: Considered[] = [];
  for (const candidate of rollbackCandidates(moves, champion)) {
    const found = candidate.objection ?? (await look(candidate.version));
    if (typeof found !== 'string') return { target: found, considered };
    considered.push({ version: candidate.version, objection: found });
  }
  const each = considered.map(({ version, objection }) => `version ${version}: ${objection!}`);
  const why = each.length === 0 ? 'the history has no earlier champion' : each.join('; ');
  throw new PromotionError(
    'refused',
    `Model ${model} is not rolled back: no version served well before champion ${champion} (${why}); name one with --to`,
    { evidence: { champion, considered } },
  );

  /** @returns why not, or the target; a version that only force could choose is not chosen here */
  async function look(name: string): Promise<Target | string> {
    try {
      const version = await registry.getModelVersion(model, name);
      // It was champion: whoever had to approve of it has.
      const verdict = judge(version, { ...request, force: false, approvedBy: request.by }, tags);
      return verdict.allowed ? { version, verdict } : verdict.objection;
    } catch (error) {
      if (error instanceof RegistryError && error.kind === 'not-found') return 'the registry has it no more';
      throw error;
    }
  }
}
