import { bold, dim, green, say } from '../console.js';
import { describeChampion, type Champion } from '../champion.js';
import { PlatformFailure } from '../failure.js';
import { untilFleetServes } from '../fleet.js';
import { followRun } from '../run-follower.js';
import { MONITORED_SECONDS } from './demo-settings.js';
import { evaluateDrift, type DriftDecision } from './drift-evaluation.js';
import type { DriftReading } from './drift-reading.js';
import { number } from './live-view.js';
import { qualityOf, type Quality } from './quality.js';
import type { Population } from './simulated-bank.js';
import type { Stage } from './stage.js';

/** How a version did in one part of the play. */
export interface Scene {
  readonly name: string;
  readonly version: string;
  readonly drift: DriftReading;
  readonly quality: Quality;
}

export interface Outcome {
  /** Before the shift, after it, and after the retraining. */
  readonly scenes: readonly [Scene, Scene, Scene];
  /** The earlier and the later champion on the same applicants of the new population. */
  readonly sameApplicants: { readonly before: Quality; readonly after: Quality };
  readonly run: {
    readonly id: string;
    readonly type: string;
    readonly cause: Readonly<Record<string, string>>;
  };
  readonly answered: number;
  readonly failures: readonly string[];
}

/** Outcomes that a scene waits for: with fewer, an AUC is known to a hundredth and a half at best. */
const ENOUGH_OUTCOMES = 1_500;
const MOST_EVALUATIONS = 4;

/**
 * A calm population, another one, the retraining that starts by itself, and what it was good for.
 * @throws {PlatformFailure} where one of these did not happen
 */
export async function play(stage: Stage): Promise<Outcome> {
  const first = await stage.champion();
  const before = await calm(stage, first);
  const after = await shift(stage, first);
  const run = await retrainingStarts(stage);
  const second = await newVersion(stage, first, run.id);
  const recovered = await recovery(stage, second);
  const { one, other } = stage.traffic.ledger.shared('shifted', first.version, second.version);
  const sameApplicants = { before: qualityOf(one)!, after: qualityOf(other)! };
  expectHappened(
    (sameApplicants.after.auc ?? 0) > (sameApplicants.before.auc ?? 1),
    `version ${second.version} ranks the same applicants no better than version ${first.version}`,
  );
  return {
    scenes: [before, after, recovered],
    sameApplicants,
    run,
    answered: stage.traffic.answered,
    failures: stage.traffic.failures,
  };
}

async function calm(stage: Stage, champion: Champion): Promise<Scene> {
  begin(stage, 1, 'calm', 'Clients as those of the training data ask; what becomes of them is told later.');
  await outcomesOf(stage, champion, 'calm');
  const decision = await evaluateDrift(stage.platform.airflowApi);
  sayDecision(decision);
  expectHappened(!decision.request, 'a retraining was asked for although nothing has changed');
  const scene = await sceneOf(stage, champion, 'calm', 'before the shift');
  expectHappened(scene.drift.drifted.length === 0, `drift is seen: ${scene.drift.drifted.join(', ')}`);
  return scene;
}

async function shift(stage: Stage, champion: Champion): Promise<Scene> {
  begin(
    stage,
    2,
    'shift',
    'Other clients ask: deeper in debt, with higher limits, and late for other reasons.',
  );
  stage.play('shifted');
  const since = Date.now();
  const drifted = await stage.until('the serving tier to see drift', () =>
    stage.reading !== undefined && stage.reading.drifted.length > 0 ? stage.reading : undefined,
  );
  say(`the tier says ${bold('drifted')}: ${drifted.drifted.join(', ')}`);
  await outcomesOf(stage, champion, 'shifted');
  await stage.until('the monitored window to be of the new population', () =>
    Date.now() - since > MONITORED_SECONDS * 1000 ? true : undefined,
  );
  const scene = await sceneOf(stage, champion, 'shifted', 'after the shift');
  await stage.bank.moveWarehouseOn();
  say("months pass in the bank's warehouse: most of its rows, with their outcomes, are of the new clients");
  return scene;
}

/** The play only triggers evaluations, as the clock does every night; the retraining is Airflow's own doing. */
async function retrainingStarts(stage: Stage): Promise<Outcome['run']> {
  begin(stage, 3, 'checks', '`drift_detection`, which runs every night, looks at it.');
  const api = stage.platform.airflowApi;
  const { dagId } = stage.platform.settings;
  const known = await api.newestRun(dagId, 'asset_triggered');
  let decision: DriftDecision | undefined;
  for (let night = 1; night <= MOST_EVALUATIONS && decision?.request !== true; night += 1) {
    decision = await evaluateDrift(api);
    sayDecision(decision);
  }
  expectHappened(
    decision?.request === true,
    `no retraining was asked for in ${MOST_EVALUATIONS} evaluations`,
  );
  const run = await stage.until('a retraining that nobody has triggered', async () => {
    const newest = await api.newestRun(dagId, 'asset_triggered');
    // One that is queued still can't tell its cause.
    return newest?.dag_run_id === known?.dag_run_id || newest?.state === 'queued' ? undefined : newest;
  });
  const cause = await api.causeOf(dagId, run.dag_run_id);
  say(`${bold(run.dag_run_id)} has started by itself ${dim(`(${run.run_type})`)}`);
  for (const [name, value] of Object.entries(cause)) say(`    ${name}: ${value}`);
  expectHappened(
    cause['cause'] === 'drift' || cause['cause'] === 'quality_loss',
    `the run's cause is ${cause['cause'] ?? 'not known'}`,
  );
  return { id: run.dag_run_id, type: run.run_type, cause };
}

async function newVersion(stage: Stage, first: Champion, runId: string): Promise<Champion> {
  const { settings, airflowApi: api } = stage.platform;
  begin(
    stage,
    4,
    'retraining',
    'It learns from the new rows and has to win the gates, while requests go on.',
  );
  const run = await followRun({ api, dagId: settings.dagId, runId, timeoutMs: settings.runTimeoutMs });
  expectHappened(run.state === 'success', `the run ${runId} ${run.state}`);
  const second = await stage.champion();
  expectHappened(second.version !== first.version, 'no candidate has won its gates');
  await untilFleetServes(settings, second);
  return second;
}

async function recovery(stage: Stage, champion: Champion): Promise<Scene> {
  begin(stage, 5, 'again', 'The same applicants ask once more, and the new version answers.');
  stage.play('shifted');
  await outcomesOf(stage, champion, 'shifted');
  const scene = await sceneOf(stage, champion, 'shifted', 'after retraining');
  expectHappened(scene.drift.drifted.length === 0, `drift is still seen: ${scene.drift.drifted.join(', ')}`);
  return scene;
}

async function outcomesOf(stage: Stage, { version }: Champion, population: Population): Promise<void> {
  await stage.until(`${ENOUGH_OUTCOMES} outcomes of version ${version}`, () =>
    stage.traffic.ledger.known(version, population).length >= ENOUGH_OUTCOMES ? true : undefined,
  );
}

async function sceneOf(
  stage: Stage,
  champion: Champion,
  population: Population,
  name: string,
): Promise<Scene> {
  const { version } = champion;
  const drift = await stage.until(`the drift of version ${version}`, () =>
    stage.reading?.version === version && stage.reading.worst !== undefined ? stage.reading : undefined,
  );
  const quality = qualityOf(stage.traffic.ledger.known(version, population))!;
  say(
    `${bold(name)}: ${describeChampion(champion)}; PSI ${number(drift.worst?.psi, 2)} (${drift.worst?.name ?? '-'}),` +
      ` realised AUC ${bold(number(quality.auc, 3))}, Brier ${number(quality.brier, 3)} of ${quality.rows} outcomes`,
  );
  return { name, version, drift, quality };
}

function begin(stage: Stage, act: number, mark: string, what: string): void {
  stage.timeline.begin(act, mark);
  say('');
  say(`${bold(`Act ${act}`)}  ${what}`);
}

function sayDecision({ request, reason }: DriftDecision): void {
  say(`drift_detection: ${request ? green('a retraining is asked for') : 'no retraining'}: ${reason}`);
}

function expectHappened(happened: boolean, otherwise: string): asserts happened {
  if (!happened) throw new PlatformFailure(`The play did not go as it should: ${otherwise}.`);
}
