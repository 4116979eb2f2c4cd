import { DIGEST_TAG, RegistryError, type ModelRegistry, type ModelVersion } from './model-registry.js';
import {
  quarantineOf,
  ROLES,
  TRAFFIC_POLICY_TAG,
  writeTrafficPolicy,
  type Role,
  type TrafficPolicyDocument,
} from './traffic-tags.js';

/** Why a version may not have a role. */
export interface UnfitVersion {
  readonly role: Role;
  readonly version: string;
  readonly reason: 'is not in the registry' | 'is quarantined';
}

/** The part of a registry that a traffic policy is written to. */
export type PolicyRegistry = Pick<
  ModelRegistry,
  'getRegisteredModel' | 'getModelVersion' | 'setRegisteredModelTag' | 'deleteRegisteredModelTag'
>;

/** Puts traffic policies where every replica reads them. */
export class TrafficPolicyWriter {
  readonly #registry: PolicyRegistry;

  constructor(registry: PolicyRegistry) {
    this.#registry = registry;
  }

  /**
   * Writes the policy, unless it names versions that no replica would give traffic to.
   *
   * @returns those versions; none: it is written
   * @throws {RegistryError}
   */
  async write(modelName: string, policy: TrafficPolicyDocument): Promise<readonly UnfitVersion[]> {
    const { tags } = await this.#registry.getRegisteredModel(modelName);
    const unfit: UnfitVersion[] = [];
    for (const role of ROLES) {
      const version = policy[role]?.version;
      if (version === undefined) continue;
      const found = await this.#find(modelName, version);
      if (found === undefined) unfit.push({ role, version, reason: 'is not in the registry' });
      else if (quarantineOf(tags, found.tags.get(DIGEST_TAG) ?? '') !== undefined)
        unfit.push({ role, version, reason: 'is quarantined' });
    }
    if (unfit.length === 0) {
      await this.#registry.setRegisteredModelTag(modelName, TRAFFIC_POLICY_TAG, writeTrafficPolicy(policy));
    }
    return unfit;
  }

  /** Gives everything to the champion. @throws {RegistryError} */
  async remove(modelName: string): Promise<void> {
    await this.#registry.deleteRegisteredModelTag(modelName, TRAFFIC_POLICY_TAG);
  }

  async #find(modelName: string, version: string): Promise<ModelVersion | undefined> {
    try {
      return await this.#registry.getModelVersion(modelName, version);
    } catch (error) {
      if (error instanceof RegistryError && error.kind === 'not-found') return undefined;
      throw error;
    }
  }
}
