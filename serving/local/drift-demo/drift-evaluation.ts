import { z } from 'zod';
import type { AirflowApi } from '../airflow-api.js';
import { PlatformFailure } from '../failure.js';
import { waitUntil } from '../wait-until.js';

const DAG_ID = 'drift_detection';
const DECISION_TASK = 'decide_retraining';
const TIMEOUT_MS = 180_000;

const decisionSchema = z.looseObject({
  request: z.boolean(),
  cause: z.string().nullable(),
  reason: z.string(),
});

/** What an evaluation concluded: whether a retraining is asked for, and why or why not. */
export interface DriftDecision {
  readonly runId: string;
  readonly request: boolean;
  readonly cause: string | null;
  readonly reason: string;
}

/** A run of the DAG that runs daily where Airflow runs for good; returns when it is over. */
export async function evaluateDrift(api: AirflowApi): Promise<DriftDecision> {
  await waitUntil(async () => ((await api.hasDag(DAG_ID)) ? true : undefined), {
    what: `Airflow to parse ${DAG_ID}`,
    timeoutMs: TIMEOUT_MS,
  });
  await api.unpause(DAG_ID);
  const { dag_run_id: runId } = await api.trigger(DAG_ID, {});
  const state = await waitUntil(
    async () => {
      const run = await api.run(DAG_ID, runId);
      return ['success', 'failed'].includes(run.state) ? run.state : undefined;
    },
    { what: `${DAG_ID} to end`, timeoutMs: TIMEOUT_MS },
  );
  const tasks = await api.tasks(DAG_ID, runId);
  const decided = tasks.find(({ task_id: id }) => id === DECISION_TASK);
  if (state !== 'success' || decided?.state !== 'success') {
    const states = tasks.map((task) => `${task.task_id} ${task.state ?? 'not run'}`).join(', ');
    throw new PlatformFailure(`The evaluation ${runId} came to no decision: ${states}.`);
  }
  const { request, cause, reason } = decisionSchema.parse(await api.returnValue(DAG_ID, runId, decided));
  return { runId, request, cause, reason };
}
