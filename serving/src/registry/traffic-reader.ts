import type { PackageId } from './artifact-store.js';
import { DIGEST_TAG, RegistryError, signatureOf, type ModelRegistry } from './model-registry.js';
import {
  quarantineOf,
  quarantinesIn,
  readTrafficPolicy,
  ROLES,
  TRAFFIC_POLICY_TAG,
  UnreadablePolicy,
  type Quarantine,
  type Role,
  type TrafficPolicyDocument,
} from './traffic-tags.js';

/** The part of a registry that says how live traffic is split. */
export type TrafficRegistry = Pick<ModelRegistry, 'getRegisteredModel' | 'getModelVersion'>;

/** What the registry says of a version that a policy names. */
export type RoleCandidate =
  | { readonly id: PackageId }
  /** Why it may have no traffic, whatever is loaded. */
  | { readonly problem: string };

/** What the registry says of a model's live traffic, as of one look. */
export interface TrafficReading {
  /** What is to be in force: what the registry says, or where that is unreadable what was in force before. */
  readonly policy: TrafficPolicyDocument;
  /** Why the registry's policy can't be understood; undefined: it can, or there is none. */
  readonly unreadable: string | undefined;
  /** The version that each alias points at. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly candidates: ReadonlyMap<Role, RoleCandidate>;
  /** The newest first. */
  readonly quarantines: readonly Quarantine[];
}

/**
 * Reads a model's traffic policy, the versions that it names and the quarantines.
 *
 * @param inForce stays where the registry's policy is unreadable
 * @throws {RegistryError} when not all of it can be read
 */
export async function readTraffic(
  registry: TrafficRegistry,
  modelName: string,
  inForce: TrafficPolicyDocument,
): Promise<TrafficReading> {
  const { tags, aliases } = await registry.getRegisteredModel(modelName);
  const { policy = inForce, unreadable } = policyIn(tags);
  const versions = new Set(ROLES.flatMap((role) => policy[role]?.version ?? []));
  const candidates = new Map(
    await Promise.all(
      [...versions].map(
        async (version) => [version, await candidateOf(registry, modelName, version, tags)] as const,
      ),
    ),
  );
  return {
    policy,
    unreadable,
    aliases,
    candidates: new Map(
      ROLES.flatMap((role) => {
        const candidate = candidates.get(policy[role]?.version ?? '');
        return candidate === undefined ? [] : [[role, candidate] as const];
      }),
    ),
    quarantines: quarantinesIn(tags),
  };
}

function policyIn(tags: ReadonlyMap<string, string>): {
  readonly policy?: TrafficPolicyDocument;
  readonly unreadable?: string;
} {
  const text = tags.get(TRAFFIC_POLICY_TAG);
  if (text === undefined) return { policy: {} };
  try {
    return { policy: readTrafficPolicy(text) };
  } catch (error) {
    if (error instanceof UnreadablePolicy) return { unreadable: error.message };
    throw error;
  }
}

async function candidateOf(
  registry: TrafficRegistry,
  modelName: string,
  version: string,
  modelTags: ReadonlyMap<string, string>,
): Promise<RoleCandidate> {
  try {
    const found = await registry.getModelVersion(modelName, version);
    const digest = found.tags.get(DIGEST_TAG) ?? 'none';
    const quarantine = quarantineOf(modelTags, digest);
    if (quarantine !== undefined) {
      return { problem: `version ${version} is quarantined for ${quarantine.cause}: ${quarantine.reason}` };
    }
    const signature = signatureOf(found);
    return { id: { modelName, version, digest, ...(signature !== undefined && { signature }) } };
  } catch (error) {
    if (!(error instanceof RegistryError) || error.kind !== 'not-found') throw error;
    return { problem: `version ${version} is not in the registry` };
  }
}
