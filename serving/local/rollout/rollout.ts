import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { AirflowApi, DagRun } from '../airflow-api.js';
import { describeChampion, readChampion } from '../champion.js';
import { bold, dim, say } from '../console.js';
import { messageOf, PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';
import { followRun } from '../run-follower.js';
import type { Settings } from '../settings.js';
import type { RolloutSettings } from './rollout-settings.js';
import { describeStanding, LOOKING_TASKS, standingSchema, STANDING_KEY } from './standing.js';

const DAG_ID = 'promote_challenger';

/** Has Airflow take a version to champion by live traffic, or joins the run that does, and shows each decision. */
export async function rollout({ airflowApi: api, settings }: Platform): Promise<void> {
  const parameters = rolloutParameters(settings.rollout);
  if (!(await api.hasDag(DAG_ID))) {
    throw new PlatformFailure(`Airflow has no DAG ${DAG_ID}.`, '`make push-dags` publishes it.');
  }
  await api.unpause(DAG_ID);
  const run = await joined(api, settings.rollout.version, parameters);
  const finished = await followRun({
    api,
    dagId: DAG_ID,
    runId: run.dag_run_id,
    // As long as live traffic needs; whoever interrupts this interrupts nothing else.
    timeoutMs: Number.POSITIVE_INFINITY,
    onLook: decisionsOf(api, run.dag_run_id),
  });
  if (finished.state !== 'success') {
    throw new PlatformFailure(
      `The rollout did not end with a new champion: ${await champion(settings)} answers.`,
      `What was decided on which numbers: ${settings.urls.airflow}/dags/${DAG_ID}/runs/${encodeURIComponent(run.dag_run_id)}`,
    );
  }
  say(`champion: ${bold(await champion(settings))}`);
}

/** Parameters of the DAG; what the caller left out keeps the DAG's default. */
export function rolloutParameters({ version, planFile, again }: RolloutSettings): Record<string, unknown> {
  // Not for every command: others than this one use a variable of this name too.
  if (version !== undefined && !/^\d+$/.test(version)) {
    throw new PlatformFailure(`VERSION is ${version}.`, 'Expected the number of a version.');
  }
  return {
    ...(version === undefined ? {} : { version }),
    ...(again ? { again } : {}),
    ...(planFile === undefined ? {} : { plan: readPlanFile(planFile) }),
  };
}

/** Its members are checked where they are known, by the serving command line. */
function readPlanFile(file: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new PlatformFailure(
      `PLAN can't be read: ${messageOf(error)}`,
      'Expected YAML or JSON of an object.',
      {
        cause: error,
      },
    );
  }
}

/** The run that goes on already, unless it is of another version: then a new one waits for it. */
async function joined(
  api: AirflowApi,
  version: string | undefined,
  parameters: Record<string, unknown>,
): Promise<DagRun> {
  const active = await api.activeRun(DAG_ID);
  const theirs = active?.conf?.['version'] ?? '';
  if (active && (version === undefined || theirs === version)) {
    say(`joined the run ${bold(active.dag_run_id)} of ${DAG_ID}`);
    return active;
  }
  if (active) say(dim(`${active.dag_run_id} comes first: rollouts are one at a time`));
  const run = await api.trigger(DAG_ID, parameters);
  say(`run ${bold(run.dag_run_id)} of ${DAG_ID} ${JSON.stringify(parameters)}`);
  return run;
}

/** Says what the latest look told, where it told something else than the one before. */
function decisionsOf(api: AirflowApi, runId: string): () => Promise<void> {
  let shown = '';
  return async () => {
    const value = await api.xcom(
      DAG_ID,
      runId,
      { task_id: LOOKING_TASKS[DAG_ID], map_index: -1 },
      STANDING_KEY,
    );
    const standing = standingSchema.safeParse(value);
    if (!standing.success) return;
    const text = describeStanding(standing.data);
    if (text === shown) return;
    shown = text;
    say(`      ${text}`);
  };
}

async function champion(settings: Settings): Promise<string> {
  const found = await readChampion(settings);
  return found === undefined ? 'nobody' : describeChampion(found);
}
