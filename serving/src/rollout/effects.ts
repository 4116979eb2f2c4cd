import { CHAMPION } from '../promotion/champion-mover.js';
import type { FleetToWaitFor } from '../promotion/fleet-wait.js';
import type { Credentials } from '../promotion/guard.js';
import { promote } from '../promotion/promote.js';
import { PromotionError } from '../promotion/promotion-error.js';
import { rollback } from '../promotion/rollback.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import type { PromotionRecords } from '../registry/promotion-records.js';
import {
  quarantineOf,
  quarantineTag,
  readTrafficPolicy,
  TRAFFIC_POLICY_TAG,
  UnreadablePolicy,
  writeQuarantine,
  writeTrafficPolicy,
  type TrafficPolicyDocument,
} from '../registry/traffic-tags.js';
import type { Done, Rollout, RolloutLine } from './rollout-records.js';
import { policyOf } from './rollout-state.js';

/** Signs what a rollout does by itself. */
const ROLLOUT = 'rollout';

export interface EffectSettings {
  readonly model: string;
  /** Management addresses; none: nobody is waited for. */
  readonly replicas: readonly string[];
  readonly publicKeys: Credentials['publicKeys'];
  readonly now: () => Date;
}

/**
 * Does what a line says. Everything here may be done again: by the same command, which did not live to write down that
 * it was done, or by another one at the same time.
 */
export class RolloutEffects {
  constructor(
    private readonly registry: ModelRegistry,
    private readonly records: PromotionRecords,
    private readonly settings: EffectSettings,
  ) {}

  /** @returns what is to be written down of it */
  async carryOut(rollout: Rollout, line: RolloutLine): Promise<Done> {
    switch (line.decision) {
      case 'promote':
        return this.#promote(rollout, line);
      case 'rollback':
        return this.#rollback(rollout, line);
      case 'abort':
        await this.#quarantine(rollout, line);
        await this.#clear(rollout, line);
        return this.#done();
      case 'complete':
        await this.#clear(rollout, line);
        return this.#done();
      default:
        await this.#split(policyOf({ ...rollout, ...line }));
        return this.#done();
    }
  }

  async #promote(rollout: Rollout, line: RolloutLine): Promise<Done> {
    const { version, champion } = rollout;
    const result = await this.#moved(line, () =>
      promote(this.registry, this.records, {
        ...this.#order(rollout, line),
        version,
        expectChampion: champion,
      }),
    );
    // Also where a replica lags behind: the former champion answers what the new one can't.
    if (result.outcome !== 'refused') await this.#split(policyOf({ ...rollout, ...line }));
    return result;
  }

  async #rollback(rollout: Rollout, line: RolloutLine): Promise<Done> {
    const order = { ...this.#order(rollout, line), expectChampion: rollout.version };
    const result = await this.#moved(line, async () => {
      try {
        return await rollback(this.registry, this.records, { ...order, to: rollout.champion });
      } catch (error) {
        // The former champion may have been put into quarantine, too, or deleted.
        if (!(error instanceof PromotionError) || !['refused', 'not-registered'].includes(error.kind))
          throw error;
        return rollback(this.registry, this.records, { ...order, to: undefined });
      }
    });
    await this.#quarantine(rollout, line);
    await this.#clear(rollout, line);
    return result;
  }

  #order({ number, approvedBy, plan }: Rollout, { reason }: RolloutLine) {
    const { model, replicas, publicKeys } = this.settings;
    const fleet: FleetToWaitFor = { replicas, timeoutMs: plan.fleet_seconds * 1_000 };
    const signed = { by: ROLLOUT, reason: `rollout ${number}: ${reason}`.slice(0, 1_000) };
    return { model, ...fleet, ...signed, approvedBy, force: false, publicKeys };
  }

  async #moved(line: RolloutLine, move: () => Promise<{ readonly replicas: number }>): Promise<Done> {
    try {
      const { replicas } = await move();
      const seconds = (this.settings.now().getTime() - Date.parse(line.at)) / 1_000;
      const served = replicas === 0 ? null : seconds;
      return { ...this.#done(), served_after_seconds: served, replicas };
    } catch (error) {
      if (!(error instanceof PromotionError)) throw error;
      const outcome = error.kind === 'fleet-disagrees' ? 'not-served' : 'refused';
      return { ...this.#done(), outcome, detail: error.message.slice(0, 1_000) };
    }
  }

  async #split(policy: TrafficPolicyDocument): Promise<void> {
    const { model } = this.settings;
    await this.registry.setRegisteredModelTag(model, TRAFFIC_POLICY_TAG, writeTrafficPolicy(policy));
  }

  /** Where the split is that of the phase: what another hand has written since stays. */
  async #clear(rollout: Rollout, { phase, percent }: RolloutLine): Promise<void> {
    const { tags } = await this.registry.getRegisteredModel(this.settings.model);
    if (!isPolicy(tags, policyOf({ ...rollout, phase, percent }))) return;
    await this.registry.deleteRegisteredModelTag(this.settings.model, TRAFFIC_POLICY_TAG);
  }

  async #quarantine({ version, digest, number }: Rollout, { cause, at, reason }: RolloutLine): Promise<void> {
    if (cause === null) return;
    const { model } = this.settings;
    const { tags } = await this.registry.getRegisteredModel(model);
    if (quarantineOf(tags, digest) !== undefined) return;
    const value = writeQuarantine({ version, digest, at, by: `${ROLLOUT} ${number}`, reason, cause });
    await this.registry.setRegisteredModelTag(model, quarantineTag(digest), value);
  }

  #done(): Done {
    const at = this.settings.now().toISOString();
    return { at, outcome: 'done', detail: '', served_after_seconds: null, replicas: null };
  }
}

/** Whether the registry's policy says this, whatever else a later release may have written into it. */
export function isPolicy(tags: ReadonlyMap<string, string>, policy: TrafficPolicyDocument): boolean {
  const text = tags.get(TRAFFIC_POLICY_TAG);
  if (text === undefined) return false;
  try {
    return writeTrafficPolicy(readTrafficPolicy(text)) === writeTrafficPolicy(policy);
  } catch (error) {
    if (error instanceof UnreadablePolicy) return false;
    throw error;
  }
}

export function championIn(aliases: ReadonlyMap<string, string>): string | undefined {
  return aliases.get(CHAMPION);
}
