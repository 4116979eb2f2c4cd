import type { AirflowApi, DagRun, ImportError } from './airflow-api.js';
import { bold, say, yellow } from './console.js';
import type { Push } from './dag-repository.js';
import { PlatformFailure } from './failure.js';
import { followRun } from './run-follower.js';
import type { Settings } from './settings.js';
import { waitUntil } from './wait-until.js';

/** Parameters of the DAG; what the caller left out keeps the DAG's default. */
export function runParameters(settings: Settings): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  if (settings.datasetUri !== undefined) parameters['dataset_uri'] = settings.datasetUri;
  if (settings.seed !== undefined) parameters['seed'] = Number(settings.seed);
  if (settings.candidates !== undefined) parameters['candidates'] = settings.candidates.split(',');
  if (settings.autoPromote !== undefined)
    parameters['auto_promote'] = /^(1|true|yes)$/i.test(settings.autoPromote);
  if (settings.requireApproval !== undefined)
    parameters['require_approval'] = /^(1|true|yes)$/i.test(settings.requireApproval);
  if (settings.variants !== undefined)
    parameters['variants'] = settings.variants === 'none' ? [] : settings.variants.split(',');
  if (settings.asOf !== undefined) parameters['as_of'] = settings.asOf;
  if (settings.searchTrials !== undefined) parameters['search_trials'] = settings.searchTrials;
  if (settings.searchMinutes !== undefined) parameters['search_minutes'] = settings.searchMinutes;
  if (settings.rollout.promotion !== undefined) parameters['promotion'] = settings.rollout.promotion;
  return parameters;
}

/** Triggers one run of what was pushed, or joins the one that an interrupted command left, and follows it to its end. */
export async function runRetraining(
  api: AirflowApi,
  settings: Settings,
  push: Push,
  join: boolean,
): Promise<DagRun> {
  const { dagId } = settings;
  await untilParsed(api, dagId, push);
  await api.unpause(dagId);
  const active = join ? await api.activeRun(dagId) : undefined;
  const parameters = runParameters(settings);
  const run = active ?? (await api.trigger(dagId, parameters));
  say(
    `${active ? 'joined the run' : 'run'} ${bold(run.dag_run_id)} of ${dagId} ${active ? '' : JSON.stringify(parameters)}`,
  );
  const finished = await followRun({ api, dagId, runId: run.dag_run_id, timeoutMs: settings.runTimeoutMs });
  if (finished.state !== 'success') {
    throw new PlatformFailure(
      `The run ${finished.dag_run_id} ${finished.state}; the champion is untouched.`,
      `Its tasks and logs: ${settings.urls.airflow}/dags/${dagId}/runs/${encodeURIComponent(finished.dag_run_id)}`,
    );
  }
  return finished;
}

/**
 * Waits until a run that is triggered now runs what was pushed: it gets the commit that the DAG was last parsed from.
 * @throws {PlatformFailure} when the DAG's file can't be imported, which would otherwise look like a slow one
 */
export async function untilParsed(
  api: AirflowApi,
  dagId: string,
  { commit, committedAt }: Push,
): Promise<void> {
  let lastAskedMs = 0;
  await waitUntil(
    async () => {
      const dag = await api.dag(dagId);
      // What was tried before the push says nothing of it.
      const errors = (await api.importErrors()).filter(({ at }) => at >= committedAt);
      if (dag?.bundle_version === commit && !dag.is_stale) {
        for (const error of errors)
          say(yellow(`another DAG is not scheduled: ${describeImportError(error)}`));
        return true;
      }
      const own = errors.filter(({ file }) => dag === undefined || file === dag.relative_fileloc);
      if (own.length > 0) {
        throw new PlatformFailure(
          `Airflow can't import what was pushed: ${own.map(describeImportError).join('; ')}.`,
          `Until it can, ${dagId} is neither scheduled nor triggered, and a run that has begun waits. Correct the file` +
            ' and push again.',
        );
      }
      if (dag !== undefined && Date.now() - lastAskedMs > 5_000) {
        lastAskedMs = Date.now();
        await api.requestParse(dag);
      }
      return undefined;
    },
    { what: `Airflow to parse ${dagId}`, timeoutMs: 120_000, remedy: 'Read `make logs SERVICE=airflow`.' },
  );
}

export function describeImportError({ file, reason }: ImportError): string {
  return `${file}: ${reason}`;
}
