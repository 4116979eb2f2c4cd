import type { KeyObject } from 'node:crypto';
import { isSignedBy } from '../model-package/package-signature.js';
import { DIGEST_TAG, signatureOf, type ModelVersion } from '../registry/model-registry.js';
import { quarantineOf } from '../registry/traffic-tags.js';
import { objectionTo } from './blessing.js';

/** A gate's reason why a human has to agree to this version. */
export const NEEDS_APPROVAL_TAG = 'needs_approval';

/** What there is to say for a version beside its tags. */
export interface Credentials {
  /** A human who takes the responsibility for what the blessing, or its absence, says. */
  readonly force: boolean;
  readonly approvedBy: string | undefined;
  /** undefined: signatures are not asked for. */
  readonly publicKeys: readonly KeyObject[] | undefined;
}

export type Verdict =
  | { readonly allowed: true; readonly digest: string; readonly forced: boolean }
  | { readonly allowed: false; readonly objection: string };

/**
 * Whether a version may become champion.
 * @param modelTags of its registered model, which say what is in quarantine
 */
export function judge(
  version: ModelVersion,
  { force, approvedBy, publicKeys }: Credentials,
  modelTags: ReadonlyMap<string, string>,
): Verdict {
  const refused = (objection: string): Verdict => ({ allowed: false, objection });
  const digest = version.tags.get(DIGEST_TAG);
  // None of these can be forced: no replica would load it, or it has done harm.
  if (digest === undefined) return refused(`it has no tag ${DIGEST_TAG}; register it with the pipeline`);
  const quarantine = quarantineOf(modelTags, digest);
  if (quarantine !== undefined) {
    const { at, by, reason } = quarantine;
    return refused(`its bytes are in quarantine since ${at}, by ${by}: ${reason}`);
  }
  if (publicKeys !== undefined) {
    const signature = signatureOf(version);
    if (signature === undefined) return refused('it is not signed; bless it with a signing key');
    const signed = { modelName: version.name, version: version.version, digest };
    if (!isSignedBy(publicKeys, signed, signature))
      return refused('its signature is of no known key, or of something else');
  }
  const unblessed = objectionTo(version);
  if (unblessed !== undefined && !force) return refused(unblessed);
  const concern = version.tags.get(NEEDS_APPROVAL_TAG);
  if (concern !== undefined && concern !== '' && approvedBy === undefined && !force) {
    return refused(`it needs the approval of a human (${concern}); say who gave it with --approved-by`);
  }
  return { allowed: true, digest, forced: unblessed !== undefined };
}
