import { approve } from './approve.js';
import { blueGreen, blueGreenDown, blueGreenSwitch, blueGreenWeights } from './blue-green/blue-green.js';
import { composeDown, composeSwitch, composeUp, composeWeights } from './blue-green/compose.js';
import { clusterDown } from './cluster/cluster-down.js';
import { clusterRetrain } from './cluster/cluster-retrain.js';
import { clusterUp } from './cluster/cluster-up.js';
import { complain, red } from './console.js';
import { deploy } from './deploy/deploy.js';
import { destroy } from './deploy/destroy.js';
import { clusterFirstModel } from './deploy/first-model.js';
import { down } from './down.js';
import { isDiskFull, messageOf, PlatformFailure } from './failure.js';
import { grpcHealth, grpcPredict } from './grpc.js';
import { kafkaDown, kafkaUp } from './kafka-up.js';
import { logs } from './logs.js';
import { monitoringDown } from './monitoring/monitoring-down.js';
import { monitoringUp } from './monitoring/monitoring-up.js';
import { silence, silences } from './monitoring/silence.js';
import { Platform } from './platform.js';
import { predict } from './predict.js';
import { checkPorts } from './preflight.js';
import { pushDags } from './push-dags.js';
import { retrain } from './retrain.js';
import { rollout } from './rollout/rollout.js';
import { scoreStream } from './score-stream.js';
import { withoutProxyToLoopback } from './service.js';
import { readSettings } from './settings.js';
import { status } from './status.js';
import { triggerDag } from './trigger/trigger-dag.js';
import { up } from './up.js';

const commands: Readonly<Record<string, (platform: Platform) => unknown>> = {
  up,
  down,
  status,
  logs,
  retrain,
  'trigger-dag': triggerDag,
  approve,
  rollout,
  predict,
  'grpc-health': grpcHealth,
  'grpc-predict': grpcPredict,
  'push-dags': pushDags,
  'check-ports': checkPorts,
  'kafka-up': kafkaUp,
  'kafka-down': kafkaDown,
  'score-stream': scoreStream,
  'monitoring-up': monitoringUp,
  'monitoring-down': monitoringDown,
  'compose-up': composeUp,
  'compose-switch': composeSwitch,
  'compose-weights': composeWeights,
  'compose-down': composeDown,
  'blue-green': blueGreen,
  'blue-green-switch': blueGreenSwitch,
  'blue-green-weights': blueGreenWeights,
  'blue-green-down': blueGreenDown,
  'cluster-up': clusterUp,
  'cluster-retrain': clusterRetrain,
  'cluster-down': clusterDown,
  'cluster-first-model': clusterFirstModel,
  deploy,
  destroy,
  // Draws plots.
  'cluster-chaos': async (platform) => (await import('./cluster/chaos/chaos.js')).clusterChaos(platform),
  silence,
  silences,
  attack: async (platform) => (await import('./attack/run-attack.js')).runAttack(platform),
  autoscaler: async (platform) => (await import('./autoscaler/run-autoscaler.js')).runAutoscaler(platform),
  // Draws pictures: what the other commands need not load.
  'monitoring-picture': async (platform) => (await import('./monitoring/picture.js')).picture(platform),
  'game-day': async (platform) => (await import('./game-day/game-day.js')).gameDay(platform),
  'cluster-game-day': async (platform) =>
    (await import('./cluster/game-day/cluster-game-day.js')).clusterGameDay(platform),
  'drift-demo': async (platform) => (await import('./drift-demo/drift-demo.js')).driftDemo(platform),
  'rollback-demo': async (platform) =>
    (await import('./rollback-demo/rollback-demo.js')).rollbackDemo(platform),
};

/** Parameters come by environment, as Make passes them; the only argument is the command. */
async function main(name: string | undefined): Promise<number> {
  const command = name === undefined ? undefined : commands[name];
  if (!command) {
    complain(`usage: main.js ${Object.keys(commands).join(' | ')}`);
    return 2;
  }
  // Axios and what we start read the proxy from the environment; this machine's own services are not behind it.
  Object.assign(process.env, withoutProxyToLoopback(process.env));
  try {
    await command(new Platform(readSettings()));
    return 0;
  } catch (error) {
    complain(red(explain(error)));
    return 1;
  }
}

/** An error with a remedy needs no stack; one that nobody foresaw does. */
function explain(error: unknown): string {
  if (isDiskFull(messageOf(error))) return 'The disk is full. Free some space, then try again.';
  if (error instanceof PlatformFailure) return [error.message, error.remedy ?? ''].join(' ').trim();
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

process.exitCode = await main(process.argv[2]);
