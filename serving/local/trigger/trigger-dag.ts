import { z } from 'zod';
import { AirflowApi } from '../airflow-api.js';
import { bold, say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';
import { followRun } from '../run-follower.js';
import { triggerSettings } from './trigger-settings.js';

/** Tasks of the pipeline that say which version came of a run; other DAGs have none of them. */
const TELLING = ['register', 'promote'];
const versionSchema = z.looseObject({ version: z.string() });

/** One run of a DAG of any Airflow, followed to its end. Whoever interrupts this leaves the run as it is. */
export async function triggerDag({ settings }: Pick<Platform, 'settings'>): Promise<void> {
  const { airflowUrl, credentials, dagId, parameters } = triggerSettings(settings.trigger, settings.dagId);
  const api = AirflowApi.at(airflowUrl, credentials);
  const { dag_run_id: runId } = await api.trigger(dagId, parameters);
  const page = `${airflowUrl}/dags/${dagId}/runs/${encodeURIComponent(runId)}`;
  say(`run ${bold(runId)} of ${dagId} ${JSON.stringify(parameters)}: ${page}`);
  const { state } = await followRun({ api, dagId, runId, timeoutMs: settings.runTimeoutMs });
  if (state !== 'success')
    throw new PlatformFailure(`The run ${runId} ${state}.`, `Its tasks and logs: ${page}`);
  say(`the run ${bold(runId)} succeeded; ${await outcomeOf(api, dagId, runId)}`);
}

async function outcomeOf(api: AirflowApi, dagId: string, runId: string): Promise<string> {
  const tasks = (await api.tasks(dagId, runId)).filter((task) => TELLING.includes(task.task_id));
  const said: string[] = [];
  for (const task of tasks) {
    const value = versionSchema.safeParse(await api.returnValue(dagId, runId, task));
    if (value.success) said.push(`${task.task_id}: version ${value.data.version}`);
  }
  return said.length === 0 ? 'no version came of it' : said.sort().reverse().join(', ');
}
