import type { ModelRegistry } from '../registry/model-registry.js';
import type { PromotionRecords } from '../registry/promotion-records.js';
import type { Look, RolloutController } from './rollout-controller.js';
import { rolloutsIn } from './rollout-records.js';
import { isEnd, progressOf } from './rollout-state.js';
import { changeTraffic } from './traffic-change.js';

/** A command that died before it had split the traffic is finished by the first look, which splits it once more. */
const MAX_TRIES = 3;

/** What is to be ended, and where. */
export interface RolloutToEnd {
  readonly registry: ModelRegistry;
  readonly records: PromotionRecords;
  readonly controller: Pick<RolloutController, 'look'>;
  readonly model: string;
  readonly version: string;
}

/**
 * Ends the rollout of a version before its promotion: live traffic goes back to the champion, and that is written
 * down. In baking the version is champion already, and stays: this only says so.
 *
 * @returns undefined: no rollout of this version runs, and nothing was touched
 */
export async function endRollout(what: RolloutToEnd): Promise<Look | undefined> {
  const { registry, records, controller, model, version } = what;
  let look: Look | undefined;
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const running = rolloutsIn(await records.readAll(model)).findLast((one) => !isEnd(progressOf(one).state));
    if (running?.version !== version) return look;
    if (progressOf(running).standing.phase !== 'baking')
      await changeTraffic(registry, model, { clear: true });
    look = await controller.look();
    if (look.phase === 'baking') return look;
  }
  return look;
}
