import { join } from 'node:path';
import {
  evaluate,
  interpolate,
  interpolateValue,
  isTrue,
  PURE_FUNCTIONS,
  textOf,
  type Scope,
  type Value,
} from './expression.js';
import { executed, stepKey } from './ledger.js';
import { runScript } from './script.js';
import { PREPARED, type Left, type StandIns, type Used } from './stand-in.js';
import { StepFiles } from './step-files.js';
import { readAction, type Job, type Step, type Workflow } from './workflow.js';

export type Result = 'success' | 'failure' | 'cancelled' | 'skipped';
type Contexts = Readonly<Record<string, Value>>;
type Variables = Readonly<Record<string, string>>;

/** The machine that a job runs on, and what it may see. */
export interface Machine {
  /** The checkout. */
  readonly root: string;
  /** A folder of this job alone. */
  readonly temp: string;
  /** What a fresh machine has: PATH, HOME. */
  readonly environment: Variables;
  readonly standIns: StandIns;
  readonly stop: AbortSignal;
  readonly isRehearsal: boolean;
}

/** A step that was reached. */
export interface StepResult {
  readonly name: string;
  readonly outcome: Result;
  readonly exitCode: number | undefined;
  readonly log: string;
}

export interface JobResult {
  readonly result: Result;
  readonly outputs: Variables;
  readonly steps: readonly StepResult[];
  /** What stands on the page of the run. */
  readonly summary: string;
  /** All that was printed. */
  readonly log: string;
  readonly used: readonly Used[];
}

export const SKIPPED: JobResult = {
  result: 'skipped',
  outputs: {},
  steps: [],
  summary: '',
  log: '',
  used: [],
};

/** A list of steps with the inputs, outputs and statuses among which it runs: a job's, or a composite action's. */
interface Frame {
  readonly file: string;
  readonly job: string;
  readonly contexts: Contexts;
  /** `env:` of the workflow and of the job. */
  readonly env: Variables;
  readonly shell: string;
  readonly directory: string;
  readonly steps: Record<string, Value>;
  failed: boolean;
}

/** Runs the steps of one job in their order. */
export class JobRun {
  readonly #machine: Machine;
  readonly #results: StepResult[] = [];
  readonly #used: Used[] = [];
  /** What steps have left for those after them. */
  readonly #assigned: Record<string, string> = {};
  readonly #paths: string[] = [];
  #summary = '';
  #log = '';
  #count = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async run(file: string, workflow: Workflow, id: string, job: Job, contexts: Contexts): Promise<JobResult> {
    const outer: Scope = { contexts: { ...contexts, env: {}, steps: {} }, functions: PURE_FUNCTIONS };
    const ofWorkflow = textsOf(workflow.env, outer);
    const withEnv: Scope = { ...outer, contexts: { ...outer.contexts, env: ofWorkflow } };
    const frame: Frame = {
      ...{ file, job: id, contexts },
      env: { ...ofWorkflow, ...textsOf(job.env, withEnv) },
      shell: job.defaults?.run.shell ?? workflow.defaults?.run.shell ?? '',
      directory: job.defaults?.run['working-directory'] ?? workflow.defaults?.run['working-directory'] ?? '.',
      ...{ steps: {}, failed: false },
    };
    await this.#steps(frame, job.steps ?? []);
    const { stop } = this.#machine;
    return {
      result: stop.aborted ? 'cancelled' : frame.failed ? 'failure' : 'success',
      outputs: textsOf(job.outputs, this.#scope(frame)),
      ...{ steps: this.#results, summary: this.#summary, log: this.#log, used: this.#used },
    };
  }

  async #steps(frame: Frame, steps: readonly Step[]): Promise<void> {
    for (const [index, step] of steps.entries()) {
      if (!this.#isWanted(frame, step)) {
        if (step.id !== undefined)
          frame.steps[step.id] = { outputs: {}, outcome: 'skipped', conclusion: 'skipped' };
        continue;
      }
      const { outcome, outputs } = await this.#step(frame, step, index);
      const scope = this.#scope(frame);
      const isPassedOver = isTrue(interpolateValue(step['continue-on-error'], scope));
      const conclusion = outcome === 'failure' && isPassedOver ? 'success' : outcome;
      if (step.id !== undefined) frame.steps[step.id] = { outputs, outcome, conclusion };
      if (conclusion !== 'success') frame.failed = true;
    }
  }

  /** Without a function that asks for the status, a step runs where all before it went well. */
  #isWanted(frame: Frame, step: Step): boolean {
    const text = String(step.if ?? 'success()').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1');
    const asksForStatus = /\b(success|failure|cancelled|always)\s*\(/.test(text);
    return isTrue(evaluate(asksForStatus ? text : `success() && (${text})`, this.#scope(frame)));
  }

  async #step(frame: Frame, step: Step, index: number): Promise<{ outcome: Result; outputs: Variables }> {
    const scope = this.#scope(frame);
    const env = textsOf(step.env, scope);
    const within = this.#scope(frame, env);
    const name = interpolate(step.name ?? step.uses ?? step.run?.split('\n')[0] ?? '', within);
    if (step.uses !== undefined) return this.#use(frame, step, name, env);
    if (step.run === undefined) throw new Error(`${frame.file}: step ${name} neither runs nor uses anything`);

    this.#count += 1;
    const files = new StepFiles(join(this.#machine.temp, `step-${this.#count}`));
    const timeout = AbortSignal.timeout(Number(step['timeout-minutes'] ?? 360) * 60_000);
    // What runs because the job was cancelled is not cancelled once more.
    const { stop } = this.#machine;
    const wasStopped = stop.aborted;
    const { exitCode, log } = await runScript({
      file: files.script(interpolate(step.run, within)),
      shell: step.shell ?? frame.shell,
      cwd: join(this.#machine.root, interpolate(step['working-directory'] ?? frame.directory, within)),
      env: this.#environment(frame, env, files),
      stop: wasStopped ? timeout : AbortSignal.any([stop, timeout]),
    });
    if (!this.#machine.isRehearsal) executed.add(stepKey(frame.file, frame.job, index));
    Object.assign(this.#assigned, files.environment);
    this.#paths.unshift(...files.paths);
    this.#summary += files.summary;
    const isCancelled = stop.aborted && !wasStopped;
    const outcome = isCancelled ? 'cancelled' : exitCode === 0 && !timeout.aborted ? 'success' : 'failure';
    this.#note({ name, outcome, exitCode, log });
    return { outcome, outputs: files.outputs };
  }

  async #use(
    frame: Frame,
    step: Step,
    name: string,
    env: Variables,
  ): Promise<{ outcome: Result; outputs: Variables }> {
    const [action = '', version = ''] = step.uses!.split('@');
    const inputs = textsOf(step.with, this.#scope(frame, env));
    this.#used.push({ action, version, with: inputs });
    const standIn = { ...PREPARED, ...this.#machine.standIns }[action];
    if (action.startsWith('./'))
      return this.#compose(frame, join(this.#machine.root, action), inputs, env, action);
    if (standIn === undefined) throw new Error(`${frame.file}: nothing stands in for ${action}`);
    if (typeof standIn === 'object') return this.#compose(frame, standIn.folder, inputs, env, action);
    let left: Left;
    try {
      left = await standIn({ action, version, with: inputs });
    } catch (error) {
      this.#note({ name, outcome: 'failure', exitCode: undefined, log: String(error) });
      return { outcome: 'failure', outputs: {} };
    }
    Object.assign(this.#assigned, left.env);
    this.#note({ name, outcome: 'success', exitCode: undefined, log: '' });
    return { outcome: 'success', outputs: left.outputs ?? {} };
  }

  async #compose(outer: Frame, folder: string, given: Variables, env: Variables, action: string) {
    const definition = readAction(join(folder, 'action.yml'));
    const scope = this.#scope(outer, env);
    const inputs: Record<string, string> = {};
    for (const [name, { required, default: fallback }] of Object.entries(definition.inputs)) {
      inputs[name] = given[name] ?? textOf(interpolateValue(fallback, scope));
      if (required && inputs[name] === '') this.#log += `Warning: ${action} needs the input ${name}\n`;
    }
    const unknown = Object.keys(given).filter((name) => !Object.hasOwn(definition.inputs, name));
    if (unknown.length > 0) throw new Error(`${action} has no input ${unknown.join(', ')}`);
    const github = { ...(outer.contexts['github'] as Record<string, Value>), action_path: folder };
    const frame: Frame = {
      ...{
        file: action.startsWith('./') ? `${action.slice(2)}/action.yml` : `${action}/action.yml`,
        job: '',
      },
      // Neither secrets nor variables of the caller are known in there.
      contexts: { github, inputs, runner: outer.contexts['runner'] ?? null },
      env: { ...outer.env, ...env, GITHUB_ACTION_PATH: folder },
      ...{ shell: 'none given', directory: '.', steps: {}, failed: false },
    };
    await this.#steps(frame, definition.runs.steps);
    const outputs = Object.entries(definition.outputs).map(([name, { value }]) => [name, value] as const);
    const outcome: Result = this.#machine.stop.aborted ? 'cancelled' : frame.failed ? 'failure' : 'success';
    return { outcome, outputs: textsOf(Object.fromEntries(outputs), this.#scope(frame)) };
  }

  #scope(frame: Frame, env: Variables = {}): Scope {
    const { stop } = this.#machine;
    return {
      contexts: {
        ...frame.contexts,
        env: { ...frame.env, ...this.#assigned, ...env },
        steps: frame.steps,
        job: { status: stop.aborted ? 'cancelled' : frame.failed ? 'failure' : 'success' },
      },
      functions: {
        ...PURE_FUNCTIONS,
        hashfiles: () => 'a-hash',
        success: () => !frame.failed && !stop.aborted,
        failure: () => frame.failed && !stop.aborted,
        cancelled: () => stop.aborted,
        always: () => true,
      },
    };
  }

  #environment(frame: Frame, env: Variables, files: StepFiles): Record<string, string> {
    const github = frame.contexts['github'] as Readonly<Record<string, Value>>;
    const ofGithub = Object.entries(github)
      // The token is given by hand or not at all.
      .filter(([name, value]) => typeof value === 'string' && !['token', 'action_path'].includes(name))
      .map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, textOf(value)] as const);
    const { environment, temp } = this.#machine;
    const path = [...this.#paths, environment['PATH'] ?? ''].join(':');
    return {
      ...environment,
      ...Object.fromEntries(ofGithub),
      ...{ CI: 'true', GITHUB_ACTIONS: 'true', RUNNER_OS: 'Linux', RUNNER_TEMP: temp, GITHUB_JOB: frame.job },
      ...files.variables,
      ...{ PATH: path, ...frame.env, ...this.#assigned, ...env },
    };
  }

  #note(result: StepResult): void {
    this.#results.push(result);
    this.#log += `## ${result.name}: ${result.outcome}\n${result.log}`;
  }
}

function textsOf(values: Readonly<Record<string, unknown>>, scope: Scope): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, textOf(interpolateValue(value, scope))]),
  );
}
