import { setTimeout as sleep } from 'node:timers/promises';
import type { AirflowApi, DagRun, TaskInstance } from './airflow-api.js';
import { dim, green, red, say, seconds, yellow } from './console.js';
import { messageOf, PlatformFailure } from './failure.js';
import { describeVerdict } from './verdict.js';

const finalRunStates = new Set(['success', 'failed']);

export interface FollowOptions {
  readonly api: AirflowApi;
  readonly dagId: string;
  readonly runId: string;
  readonly timeoutMs: number;
  /** Called at each look, after what tasks told. */
  readonly onLook?: () => Promise<void>;
}

/**
 * Prints each task of a run as it starts and ends, with the verdicts that gates and blessing return and the
 * reason of a failure, and returns the run when it has ended.
 */
export async function followRun(options: FollowOptions): Promise<DagRun> {
  const { api, dagId, runId } = options;
  const deadline = Date.now() + options.timeoutMs;
  const shown = new Map<string, string>();
  for (;;) {
    const run = await api.run(dagId, runId);
    for (const task of await tasksInOrder(options)) {
      const key = `${task.task_id}[${task.map_index}]`;
      const news = `${task.state ?? 'none'}#${task.try_number}`;
      if (shown.get(key) === news) continue;
      shown.set(key, news);
      await report(options, task);
    }
    await options.onLook?.();
    if (finalRunStates.has(run.state)) return run;
    if (Date.now() > deadline) {
      throw new PlatformFailure(
        `The run ${runId} is still ${run.state} after ${seconds(options.timeoutMs)}.`,
        'It goes on by itself: watch it in Airflow, or wait longer with RUN_TIMEOUT_SECONDS.',
      );
    }
    await sleep(1000);
  }
}

async function tasksInOrder({ api, dagId, runId }: FollowOptions): Promise<TaskInstance[]> {
  const tasks = await api.tasks(dagId, runId);
  const moment = (task: TaskInstance): string => task.start_date ?? task.end_date ?? '9999';
  return tasks.sort((a, b) => moment(a).localeCompare(moment(b)) || a.map_index - b.map_index);
}

async function report(options: FollowOptions, task: TaskInstance): Promise<void> {
  const name = (
    task.map_index >= 0 ? `${task.task_id} [${task.rendered_map_index ?? task.map_index}]` : task.task_id
  ).padEnd(28);
  switch (task.state) {
    case 'running':
      if (task.try_number > 1) say(`  ${name} ${yellow(`running, try ${task.try_number}`)}`);
      return;
    case 'success':
      say(`  ${name} ${green('done')} ${dim(seconds((task.duration ?? 0) * 1000))}`);
      await sayVerdict(options, task);
      return;
    case 'awaiting_input':
      say(
        `  ${name} ${yellow('waits for a person')} ${dim('(`make approve`, or Required Actions in Airflow)')}`,
      );
      return;
    case 'skipped':
      say(`  ${name} ${yellow('skipped')}`);
      return;
    case 'failed':
    case 'up_for_retry':
      say(`  ${name} ${red(task.state === 'failed' ? 'failed' : 'failed, will be tried again')}`);
      await sayReason(options, task);
      return;
    default:
    // Waiting, or not run because something before it failed: the failure has been reported.
  }
}

async function sayVerdict({ api, dagId, runId }: FollowOptions, task: TaskInstance): Promise<void> {
  for (const line of describeVerdict(await api.returnValue(dagId, runId, task))) say(`      ${line}`);
}

/** The last lines of the log say why; a log that can't be had must not hide that the task failed. */
async function sayReason({ api, dagId, runId }: FollowOptions, task: TaskInstance): Promise<void> {
  try {
    const lines = (await api.log(dagId, runId, task)).flatMap((line) => line.split('\n'));
    for (const line of reasonIn(lines)) say(`      ${red(line)}`);
  } catch (error) {
    say(`      ${dim(`its log can't be read: ${messageOf(error)}`)}`);
  }
}

/** From the last line that says that something failed; where none does, the end of the log. */
export function reasonIn(lines: readonly string[], atMost = 12): string[] {
  const text = lines.filter((line) => line.trim() !== '' && !line.startsWith('::'));
  const said = text.findLastIndex((line) => /^\w+ failed: /.test(line));
  if (said !== -1) {
    // What the task had to say ends where Airflow's report of the process that ended begins.
    const report = text.findIndex(
      (line, index) => index > said && line.startsWith('Task failed with exception'),
    );
    return text.slice(said, Math.min(said + atMost, report === -1 ? text.length : report));
  }
  // Airflow's own report of the process that ended comes last and says least.
  const named = text.findLastIndex(
    (line) => /^[\w.]+(Error|Exception): /.test(line) && !line.includes('CalledProcess'),
  );
  return named === -1 ? text.slice(-atMost) : text.slice(named, named + atMost);
}
