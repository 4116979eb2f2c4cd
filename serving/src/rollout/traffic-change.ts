import { PromotionError } from '../promotion/promotion-error.js';
import { registeredVersion } from '../promotion/registered-version.js';
import { DIGEST_TAG, type ModelRegistry } from '../registry/model-registry.js';
import {
  quarantineOf,
  readTrafficPolicy,
  ROLES,
  TRAFFIC_POLICY_TAG,
  UnreadablePolicy,
  writeTrafficPolicy,
  type TrafficPolicyDocument,
} from '../registry/traffic-tags.js';
import { championIn } from './effects.js';

/** Members that are to be set; the others stay. */
export interface TrafficChange extends TrafficPolicyDocument {
  /** Nothing stays. */
  readonly clear: boolean;
}

/**
 * Splits live traffic by hand. A rollout that runs ends by this.
 *
 * @returns the policy that is in the registry then
 * @throws {PromotionError} refused, not-registered; {RegistryError}
 */
export async function changeTraffic(
  registry: ModelRegistry,
  model: string,
  { clear, ...members }: TrafficChange,
): Promise<TrafficPolicyDocument> {
  const { aliases, tags } = await registry.getRegisteredModel(model);
  const text = tags.get(TRAFFIC_POLICY_TAG);
  const policy = { ...(clear ? {} : present(text, model)), ...members };
  for (const role of ROLES) {
    const version = members[role]?.version;
    if (version === undefined) continue;
    const refuse = (why: string): PromotionError =>
      new PromotionError('refused', `Model ${model} version ${version} does not become ${role}: ${why}`);
    const digest = (await registeredVersion(registry, model, version)).tags.get(DIGEST_TAG);
    if (digest === undefined) throw refuse(`it has no tag ${DIGEST_TAG}; register it with the pipeline`);
    const quarantine = quarantineOf(tags, digest);
    if (quarantine !== undefined) {
      const { at, by, reason } = quarantine;
      throw refuse(`its bytes are in quarantine since ${at}, by ${by}: ${reason}`);
    }
    if (championIn(aliases) === version) throw refuse('it is champion');
  }
  if (Object.keys(policy).length === 0) {
    if (text !== undefined) await registry.deleteRegisteredModelTag(model, TRAFFIC_POLICY_TAG);
  } else if (clear || Object.keys(members).length > 0) {
    await registry.setRegisteredModelTag(model, TRAFFIC_POLICY_TAG, writeTrafficPolicy(policy));
  }
  return policy;
}

function present(text: string | undefined, model: string): TrafficPolicyDocument {
  if (text === undefined) return {};
  try {
    return readTrafficPolicy(text);
  } catch (cause) {
    if (!(cause instanceof UnreadablePolicy)) throw cause;
    throw new PromotionError(
      'refused',
      `The traffic policy of ${model} can't be read (${cause.message}); --clear removes it`,
      { cause },
    );
  }
}
