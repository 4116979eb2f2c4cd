import type { KeyObject } from 'node:crypto';
import { isSignedBy } from '../model-package/package-signature.js';
import { objectionTo } from '../promotion/blessing.js';
import { ChampionMover, UNBLESSED_TAG, type Rest } from '../promotion/champion-mover.js';
import { registeredVersion } from '../promotion/registered-version.js';
import { standingOf } from '../promotion/rest.js';
import {
  DIGEST_TAG,
  signatureOf,
  type ModelRegistry,
  type ModelVersion,
} from '../registry/model-registry.js';
import type { PromotionRecords } from '../registry/promotion-records.js';
import { tryToLoad } from './bless.js';

export interface Check {
  readonly check: 'package' | 'blessing' | 'signature' | 'history';
  /** `skipped`: there was nothing to hold it against. */
  readonly verdict: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
}

export interface Verification {
  readonly verified: boolean;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly is_champion: boolean;
  readonly checks: readonly Check[];
}

export interface VerifyOptions {
  readonly maxPackageBytes: number;
  /** undefined: a signature is reported, not checked. */
  readonly publicKeys: readonly KeyObject[] | undefined;
}

/**
 * Everything that can be known of a registered version, without writing anything: its bytes load and answer, its
 * blessing and its signature are of these bytes, and the history says how it became champion, if it is.
 *
 * @throws {PromotionError} not-registered
 * @throws {RegistryError}
 * @throws {LoadError} when the failure may pass: nothing is known then
 */
export async function verify(
  registry: ModelRegistry,
  records: PromotionRecords,
  model: string,
  version: string,
  { maxPackageBytes, publicKeys }: VerifyOptions,
): Promise<Verification> {
  const registered = await registeredVersion(registry, model, version);
  const digest = registered.tags.get(DIGEST_TAG) ?? 'none';
  const { blessed, code, reason } = await tryToLoad(
    registry,
    { modelName: model, version, digest },
    maxPackageBytes,
  );
  const rest = await new ChampionMover(registry, records, model).look();
  const checks: readonly Check[] = [
    { check: 'package', ...outcome(blessed ? undefined : `${code}: ${reason}`, reason) },
    checkBlessing(registered),
    checkSignature(registered, digest, publicKeys),
    checkHistory(rest, registered),
  ];
  return {
    verified: checks.every(({ verdict }) => verdict !== 'failed'),
    model,
    version,
    digest,
    is_champion: rest.champion === version,
    checks,
  };
}

function outcome(failure: string | undefined, otherwise: string): Pick<Check, 'verdict' | 'detail'> {
  return failure === undefined
    ? { verdict: 'passed', detail: otherwise }
    : { verdict: 'failed', detail: failure };
}

function checkBlessing(version: ModelVersion): Check {
  const objection = objectionTo(version);
  const forced = version.tags.get(UNBLESSED_TAG);
  const marked = forced === undefined ? '' : `; it was once promoted without one: ${forced}`;
  return {
    check: 'blessing',
    ...outcome(
      objection === undefined ? undefined : objection + marked,
      `given to these bytes at ${version.tags.get('blessed_at') ?? 'an unknown time'}${marked}`,
    ),
  };
}

function checkSignature(
  version: ModelVersion,
  digest: string,
  publicKeys: readonly KeyObject[] | undefined,
): Check {
  const signature = signatureOf(version);
  const by = `key ${signature?.keyId ?? 'of no name'}`;
  if (publicKeys === undefined) {
    const detail = signature === undefined ? 'not signed' : `signed with ${by}`;
    return { check: 'signature', verdict: 'skipped', detail: `${detail}; no public key to check with` };
  }
  if (signature === undefined) return { check: 'signature', verdict: 'failed', detail: 'not signed' };
  const signed = { modelName: version.name, version: version.version, digest };
  const good = digest !== 'none' && isSignedBy(publicKeys, signed, signature);
  return {
    check: 'signature',
    ...outcome(
      good ? undefined : `the signature (${by}) is of no known key, or of something else`,
      `signed with ${by}`,
    ),
  };
}

function checkHistory({ moves, champion }: Rest, { version, tags }: ModelVersion): Check {
  const move = moves.findLast(({ to }) => to === version);
  if (champion !== version) {
    const detail = move === undefined ? 'never champion' : `champion once, by move ${move.number}; not now`;
    return { check: 'history', verdict: 'skipped', detail };
  }
  const standing = standingOf(moves, champion);
  if (move === undefined || standing === 'moved-outside') {
    return { check: 'history', verdict: 'failed', detail: 'champion, but no line of the history made it so' };
  }
  const digest = tags.get(DIGEST_TAG);
  const other = move.digest !== undefined && move.digest !== digest;
  return {
    check: 'history',
    ...outcome(
      other ? `move ${move.number} was of ${move.digest}, the version now is ${digest ?? 'none'}` : undefined,
      `champion by move ${move.number}, by ${move.by} at ${move.at}`,
    ),
  };
}
