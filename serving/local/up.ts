import { bootstrapRegistry } from './bootstrap.js';
import { describeChampion, readChampion } from './champion.js';
import { bold, complain, print, say } from './console.js';
import { untilFleetServes } from './fleet.js';
import { PlatformFailure } from './failure.js';
import { exclusively } from './instance-lock.js';
import type { Platform } from './platform.js';
import { predict } from './predict.js';
import { preflight } from './preflight.js';
import { pushDags } from './push-dags.js';
import { runRetraining } from './retraining.js';
import { ensureRunning } from './supervisor.js';

/** From installed sources to an answered prediction. What is there already is left as it is. */
export function up(platform: Platform): Promise<void> {
  return exclusively(platform.settings.stateDir, () => bringUp(platform));
}

async function bringUp(platform: Platform): Promise<void> {
  const { settings } = platform;
  const stopListening = onInterrupt();
  try {
    await preflight(platform);
    const push = pushDags(platform);
    await startServices(platform);
    const before = await readChampion(settings);
    if (before === undefined) {
      await runRetraining(platform.airflowApi, settings, push, true);
    } else {
      say(`a champion serves already: ${bold(describeChampion(before))}; \`make retrain\` trains the next`);
    }
    const champion = await readChampion(settings);
    if (champion === undefined) {
      throw new PlatformFailure(
        'The run ended, but no version became champion.',
        `With AUTO_PROMOTE=false that is as it should be. The verdicts are above and in ${settings.urls.mlflow}.`,
      );
    }
    await untilFleetServes(settings, champion);
    printAddresses(platform);
    await predict(platform);
  } finally {
    stopListening();
  }
}

/** All at once: Airflow takes longest, and nothing needs another one to start. */
export async function startServices(platform: Platform): Promise<void> {
  const { settings, processes } = platform;
  const { mlflow, airflow, serving } = platform.services();
  const start = (service: typeof mlflow): Promise<void> =>
    ensureRunning(service, processes, settings.startTimeoutMs);
  const started = await Promise.allSettled([
    start(mlflow).then(() => bootstrapRegistry(platform)),
    start(airflow),
    start(serving),
  ]);
  const failures = started.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  );
  if (failures.length > 1) for (const failure of failures.slice(1)) complain(failure.message);
  if (failures[0]) throw failures[0];
}

function printAddresses({ settings, secrets }: Platform): void {
  print();
  print(`  ${bold('predictions')}  ${settings.urls.serving}/predict`);
  print(
    `  ${bold('management')}   ${settings.urls.management}/status  /metrics   (admin token: servingAdminToken in`,
  );
  print(`               ${settings.stateDir}/secrets.json)`);
  print(`  ${bold('MLflow')}       ${settings.urls.mlflow}   (no password, this machine only)`);
  print(`  ${bold('Airflow')}      ${settings.urls.airflow}   admin / ${secrets.airflowPassword}`);
  print();
}

/** The services are sessions of their own: Ctrl-C ends this command and not them, and must say so. */
function onInterrupt(): () => void {
  const handler = (): void => {
    complain('\nInterrupted. What was started goes on running: `make down` stops it, `make up` goes on.');
    process.exit(130);
  };
  process.once('SIGINT', handler);
  process.once('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}
