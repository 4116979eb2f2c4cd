import { MlflowRegistry } from '../../src/registry/mlflow-registry.js';
import { describeChampion, readChampion } from '../champion.js';
import { say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import { untilFleetServes } from '../fleet.js';
import type { Platform } from '../platform.js';
import { preflight } from '../preflight.js';
import { pushDags } from '../push-dags.js';
import { runRetraining } from '../retraining.js';
import { ensureRunning } from '../supervisor.js';
import { startServices } from '../up.js';
import type { RollbackDemoSettings } from './demo-settings.js';

/**
 * A champion of few rows, and a better version that has won every gate against it.
 * @returns the better one
 */
export async function twoVersions(
  platform: Platform,
  { secondTraining }: Pick<RollbackDemoSettings, 'secondTraining'>,
): Promise<string> {
  const { settings, processes } = platform;
  await preflight(platform);
  const push = pushDags(platform);
  await startServices(platform);
  await runRetraining(platform.airflowApi, settings, push, true);
  const champion = await readChampion(settings);
  if (champion === undefined) throw new PlatformFailure('No first version became champion.');
  await runRetraining(platform.airflowApi, secondTraining, push, false);
  const registry = new MlflowRegistry({ trackingUri: settings.urls.mlflow, timeoutMs: 10_000 });
  const { aliases } = await registry.getRegisteredModel(settings.modelName);
  const challenger = aliases.get('challenger');
  if (challenger === undefined || challenger === champion.version) {
    throw new PlatformFailure('No second version has won its gates.');
  }
  // What has trained both leaves the CPU to the play.
  await processes.stop('airflow');
  await Promise.all(
    platform.monitoring().map((service) => ensureRunning(service, processes, settings.startTimeoutMs)),
  );
  await untilFleetServes(settings, champion);
  say(
    `the play begins with ${describeChampion(champion)}; version ${challenger} has beaten it on the holdout`,
  );
  return challenger;
}
