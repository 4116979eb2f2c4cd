import { PlatformFailure } from '../../failure.js';
import type { Scenario } from './scenario.js';
import { blueGreenSurge } from './scenarios/blue-green-surge.js';
import { blueGreenSwitch } from './scenarios/blue-green-switch.js';
import { canary } from './scenarios/canary.js';
import { helmRollback } from './scenarios/helm-rollback.js';
import { mlflowDown } from './scenarios/mlflow-down.js';
import { networkPolicies } from './scenarios/network-policies.js';
import { nodeDrain } from './scenarios/node-drain.js';
import { podKill } from './scenarios/pod-kill.js';
import { postgresRestart } from './scenarios/postgres-restart.js';
import { processKill } from './scenarios/process-kill.js';
import { promotionDuringRollout } from './scenarios/promotion-during-rollout.js';
import { recreateFast } from './scenarios/recreate-fast.js';
import { rollingUpdate } from './scenarios/rolling-update.js';
import { slowRegistry } from './scenarios/slow-registry.js';
import { unloadableModel } from './scenarios/unloadable-model.js';
import { wedgedProcess } from './scenarios/wedged-process.js';
import { wedgedWorker } from './scenarios/wedged-worker.js';

/** In the order in which they are played and told of. */
export const SCENARIOS: readonly Scenario[] = [
  rollingUpdate,
  helmRollback,
  blueGreenSurge,
  blueGreenSwitch,
  recreateFast,
  canary,
  nodeDrain,
  podKill,
  processKill,
  mlflowDown,
  postgresRestart,
  promotionDuringRollout,
  unloadableModel,
  wedgedProcess,
  wedgedWorker,
  slowRegistry,
  networkPolicies,
];

/**
 * Those that are asked for by name; all where none is.
 * @throws {PlatformFailure} for a name that none has
 */
export function chosenScenarios(names: readonly string[], all = SCENARIOS): readonly Scenario[] {
  const unknown = names.filter((name) => !all.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    throw new PlatformFailure(
      `There is no scenario ${unknown.join(', ')}.`,
      `There are ${all.map(({ name }) => name).join(', ')}.`,
    );
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
