import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { bold, dim, green, print, red, say, yellow } from '../console.js';
import { describeChampion, readChampion } from '../champion.js';
import { downOnInterrupt } from '../down-on-interrupt.js';
import { down } from '../down.js';
import { SimulatedBank } from '../drift-demo/simulated-bank.js';
import { PlatformFailure } from '../failure.js';
import { untilFleetServes } from '../fleet.js';
import { Platform } from '../platform.js';
import { preflight } from '../preflight.js';
import { pushDags } from '../push-dags.js';
import { runRetraining } from '../retraining.js';
import { ensureRunning } from '../supervisor.js';
import { startServices } from '../up.js';
import { MlflowRegistry } from '../../src/registry/mlflow-registry.js';
import { HURRIED_PLAN, rollbackDemoSettings, type RollbackDemoSettings } from './demo-settings.js';
import { writeRollbackReport } from './rollback-report.js';
import { checksOfTakenBack, checksOfWholeWay } from './rollback-verdict.js';
import type { TakenBack } from './scene.js';
import { Stage } from './stage.js';
import { takeBack } from './take-back.js';
import { takeWholeWay } from './whole-way.js';

const APPLICANTS = 2_000;
/** Half of them then have a limit above a million. */
const AMOUNTS_OF_NEW_CLIENTS = 7;
const KINDS = ['wrong', 'slow', 'throwing'] as const;

/**
 * Versions meet live traffic: a good one takes the whole way, three bad ones are taken back by themselves; on a
 * platform of its own beside one that may run, which is gone when it is over.
 */
export async function rollbackDemo({ settings: from }: Platform): Promise<void> {
  const stateDir = path.join(from.stateDir, 'rollback-demo');
  await new Platform({ ...from, stateDir }).processes.sweep();
  rmSync(stateDir, { recursive: true, force: true });
  const demo = await rollbackDemoSettings(stateDir);
  const platform = new Platform(demo.settings);
  const stopListening = downOnInterrupt(platform);
  print(bold('Versions that win their gates, and a champion that goes back by itself'));
  print(yellow('Every client and row is SIMULATED. Nothing here says anything about real people.'));
  print();
  try {
    const challenger = await twoVersions(platform, demo);
    const stage = await openStage(platform, demo.planFile);
    try {
      await playAll(stage, challenger);
    } finally {
      await stage.close();
    }
  } finally {
    stopListening();
    if (from.keep) print(dim(`  It goes on running: make down PLATFORM_STATE_DIR=${stateDir}`));
    else await down(platform);
  }
}

/**
 * A champion of few rows, and a better version that has won every gate against it.
 * @returns the better one
 */
async function twoVersions(platform: Platform, { secondTraining }: RollbackDemoSettings): Promise<string> {
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

async function openStage(platform: Platform, planFile: string): Promise<Stage> {
  const folder = path.join(platform.settings.stateDir, 'bank');
  mkdirSync(folder, { recursive: true });
  const bank = new SimulatedBank(platform.settings, path.join(folder, 'simulated-warehouse.parquet'));
  const [calm, shifted] = await Promise.all([
    bank.applicants('calm', APPLICANTS),
    bank.applicants('shifted', APPLICANTS, AMOUNTS_OF_NEW_CLIENTS),
  ]);
  const stage = new Stage({ platform, planFile, applicants: { calm, shifted } });
  await stage.open();
  return stage;
}

async function playAll(stage: Stage, challenger: string): Promise<void> {
  const { settings } = stage;
  const good = await takeWholeWay(stage, challenger);
  const { digest } = await stage.champion();
  const champion = path.join(settings.artifactCacheDir, 'packages', digest.replace('sha256:', ''));
  const bad: TakenBack[] = [];
  for (const kind of KINDS) bad.push(await takeBack(stage, kind, champion));
  const checks = [...checksOfWholeWay(good, HURRIED_PLAN.canary.percents), ...bad.flatMap(checksOfTakenBack)];
  print();
  for (const { what, passed, found } of checks)
    print(`  ${passed ? green('✔') : red('✘')} ${what}: ${found}`);
  const folder = path.join(settings.projectDir, '.reports', 'rollback-demo');
  print();
  print(dim(`  report: ${await writeRollbackReport(folder, good, bad, checks)}`));
  const failed = checks.filter(({ passed }) => !passed).length;
  if (failed > 0) throw new PlatformFailure(`${failed} of ${checks.length} checks failed.`);
}
