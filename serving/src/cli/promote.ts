import { DIGEST_TAG, type ModelRegistry } from '../registry/model-registry.js';
import { objectionTo } from './blessing.js';
import { CommandError, EXIT } from './exit-codes.js';
import { waitForFleet } from './fleet.js';
import { registeredVersion } from './registered-version.js';

export const CHAMPION = 'champion';
/** Stands for "no version" where a version is expected: the first promotion compares against nothing. */
export const NO_CHAMPION = 'none';

export interface PromoteRequest {
  readonly model: string;
  readonly version: string;
  /** The champion that the candidate was compared against, or `none`. */
  readonly expectChampion: string;
  /** Management addresses of the replicas to wait for; empty: don't wait. */
  readonly replicas: readonly string[];
  readonly timeoutMs: number;
}

export interface PromoteResult {
  readonly promoted: true;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly previous: string;
  readonly replicas: number;
}

async function championOf(registry: ModelRegistry, model: string): Promise<string> {
  const { aliases } = await registry.getRegisteredModel(model);
  return aliases.get(CHAMPION) ?? NO_CHAMPION;
}

/**
 * Moves `champion` to a blessed version, if it still points where it pointed when the version was compared.
 * Promoting what already is champion succeeds and moves nothing, so that a retried task may call again.
 *
 * MLflow has no compare-and-set for aliases: between the look and the move another promotion can slip in.
 *
 * @throws {CommandError} refused, conflict, fleetDisagrees or notRegistered
 * @throws {RegistryError}
 */
export async function promote(registry: ModelRegistry, request: PromoteRequest): Promise<PromoteResult> {
  const { model, version, expectChampion } = request;
  const registered = await registeredVersion(registry, model, version);
  const objection = objectionTo(registered);
  if (objection !== undefined) {
    throw new CommandError(EXIT.refused, `Model ${model} version ${version} is not promoted: ${objection}`);
  }
  const previous = await championOf(registry, model);
  if (previous !== version) {
    if (previous !== expectChampion) {
      throw new CommandError(
        EXIT.conflict,
        `Model ${model} version ${version} is not promoted: it was compared against champion ${expectChampion}, ` +
          `but champion is now ${previous}; compare again`,
      );
    }
    await registry.setRegisteredModelAlias(model, CHAMPION, version);
  }
  const digest = registered.tags.get(DIGEST_TAG)!;
  if (request.replicas.length > 0) {
    const objections = await waitForFleet(
      request.replicas,
      { model, alias: CHAMPION, version, digest },
      request.timeoutMs,
    );
    if (objections.length > 0) {
      throw new CommandError(
        EXIT.fleetDisagrees,
        `champion is version ${version}, but not every replica serves it: ${objections.join('; ')}`,
      );
    }
  }
  return { promoted: true, model, version, digest, previous, replicas: request.replicas.length };
}
