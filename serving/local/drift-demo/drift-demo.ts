import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderPlot } from '../../bench/report/plot.js';
import { bold, dim, green, print, say, yellow } from '../console.js';
import { describeChampion, readChampion } from '../champion.js';
import { downOnInterrupt } from '../down-on-interrupt.js';
import { down } from '../down.js';
import { PlatformFailure } from '../failure.js';
import { untilFleetServes } from '../fleet.js';
import { Platform } from '../platform.js';
import { preflight } from '../preflight.js';
import { pushDags } from '../push-dags.js';
import { runRetraining } from '../retraining.js';
import { startServices } from '../up.js';
import { demoSettings } from './demo-settings.js';
import { play, type Outcome } from './play.js';
import { SimulatedBank } from './simulated-bank.js';
import { Stage } from './stage.js';
import { summaryOf } from './summary.js';
import { timelinePlot } from './timeline-plot.js';
import type { Timeline } from './timeline.js';

const APPLICANTS = 6_000;

/**
 * A population shifts, and one watches drift rise, a retraining start by itself, and quality recover: on a platform
 * of its own beside one that may run, which is gone when it is over.
 */
export async function driftDemo({ settings: from }: Platform): Promise<void> {
  const stateDir = path.join(from.stateDir, 'drift-demo');
  await new Platform({ ...from, stateDir }).processes.sweep();
  rmSync(stateDir, { recursive: true, force: true });
  const { settings, demo } = await demoSettings(from);
  const platform = new Platform(settings);
  const stopListening = downOnInterrupt(platform);
  print(bold('Drift, and the retraining that it starts'));
  print(yellow('Every client, row and outcome is SIMULATED. Nothing here says anything about real people.'));
  print();
  try {
    const bank = new SimulatedBank(settings, demo.warehouseFile);
    const [calm, shifted] = await Promise.all([
      bank.applicants('calm', APPLICANTS),
      bank.applicants('shifted', APPLICANTS),
      bank.fillWarehouse(),
    ]);
    await firstChampion(platform);
    const stage = new Stage({ platform, bank, applicants: { calm, shifted } });
    let outcome: Outcome;
    try {
      stage.open();
      outcome = await play(stage);
    } finally {
      await stage.close();
    }
    await report(outcome, stage.timeline, path.join(settings.projectDir, '.reports', 'drift-demo'));
    if (outcome.failures.length > 0) throw new PlatformFailure(`Requests failed: ${outcome.failures[0]!}`);
    say(green('every act happened'));
  } finally {
    stopListening();
    await end(platform, from.keep);
  }
}

async function firstChampion(platform: Platform): Promise<void> {
  const { settings } = platform;
  await preflight(platform);
  const push = pushDags(platform);
  await startServices(platform);
  await runRetraining(platform.airflowApi, settings, push, true);
  const champion = await readChampion(settings);
  if (champion === undefined) throw new PlatformFailure('No first version became champion.');
  await untilFleetServes(settings, champion);
  say(`the play begins with ${describeChampion(champion)}`);
}

async function report(outcome: Outcome, timeline: Timeline, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const picture = path.join(folder, 'timeline.svg');
  writeFileSync(picture, await renderPlot(timelinePlot(timeline)));
  const result = { simulated: true, ...outcome, moments: timeline.moments, marks: timeline.marks };
  writeFileSync(path.join(folder, 'result.json'), `${JSON.stringify(result, undefined, 1)}\n`);
  print();
  for (const line of summaryOf(outcome)) print(line);
  print();
  print(`picture: ${picture}`);
}

async function end(platform: Platform, keep: boolean): Promise<void> {
  const { settings, secrets } = platform;
  if (!keep) return down(platform);
  print();
  print(`  MLflow   ${settings.urls.mlflow}`);
  print(`  Airflow  ${settings.urls.airflow}   admin / ${secrets.airflowPassword}`);
  print(`  serving  ${settings.urls.management}`);
  print(dim(`  It goes on running: make down PLATFORM_STATE_DIR=${settings.stateDir}`));
}
