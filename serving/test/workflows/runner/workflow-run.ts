import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import {
  evaluate,
  interpolate,
  isTrue,
  PURE_FUNCTIONS,
  textOf,
  type Scope,
  type Value,
} from './expression.js';
import { JobRun, SKIPPED, type JobResult, type Result } from './job-run.js';
import type { StandIns } from './stand-in.js';
import { inputsOf, readWorkflow, type InputDefinition, type Job, type Workflow } from './workflow.js';

export const REPOSITORY_ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Who or what starts a workflow. */
export interface WorkflowEvent {
  readonly name:
    'push' | 'pull_request' | 'workflow_dispatch' | 'repository_dispatch' | 'workflow_call' | 'schedule';
  readonly inputs?: Readonly<Record<string, string | boolean>>;
  /** Of `repository_dispatch`. */
  readonly payload?: Readonly<Record<string, string>>;
  /** Of a repository that not everybody sees. */
  readonly isPrivate?: boolean;
  /** Of the `github` context, where it matters. */
  readonly github?: Readonly<Record<string, string>>;
}

export interface WorkflowRunOptions {
  readonly event: WorkflowEvent;
  /** Of the repository, or of the environment: which one they are from is GitHub's business. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** What the machine has beside PATH and HOME, or instead of them. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly standIns?: StandIns;
  /** Jobs that are not run, and what came of them. */
  readonly given?: Readonly<
    Record<string, { readonly result: Result; readonly outputs?: Readonly<Record<string, string>> }>
  >;
  /** Cancels the run, as a person does at GitHub. */
  readonly cancel?: AbortSignal;
  /** Programs that steps call are stand-ins: nothing of it counts as executed. */
  readonly isRehearsal?: boolean;
  /** Another checkout than this one. */
  readonly root?: string;
}

export interface WorkflowResult {
  readonly result: Result;
  readonly title: string;
  /** The group that this run waits in; undefined: it waits for none. */
  readonly concurrency: string | undefined;
  readonly jobs: Readonly<Record<string, JobResult>>;
  /** Job -> environment whose people have to agree. */
  readonly environments: Readonly<Record<string, string>>;
  readonly concurrencyOfJobs: Readonly<Record<string, string>>;
  readonly log: string;
  readonly summary: string;
}

/** @throws where GitHub refuses to start it: an input is missing, unknown, or none of those that there are */
export async function runWorkflow(file: string, options: WorkflowRunOptions): Promise<WorkflowResult> {
  const root = options.root ?? REPOSITORY_ROOT;
  return new WorkflowRun(file, readWorkflow(join(root, file)), { ...options, root }).run();
}

class WorkflowRun {
  readonly #contexts: Record<string, Value>;
  readonly #results: Record<string, JobResult> = {};
  readonly #environments: Record<string, string> = {};
  readonly #concurrencyOfJobs: Record<string, string> = {};
  readonly #stop: AbortSignal;

  constructor(
    private readonly file: string,
    private readonly workflow: Workflow,
    private readonly options: WorkflowRunOptions & { readonly root: string },
  ) {
    const { event, variables = {}, secrets = {}, root } = options;
    const inputs = checkedInputs(file, workflow, event);
    this.#stop = options.cancel ?? new AbortController().signal;
    const token = 'token-of-this-run';
    this.#contexts = {
      github: {
        ...{ event_name: event.name, actor: 'ana', triggering_actor: 'ana', repository: 'bank/platform' },
        ...{
          repository_owner: 'bank',
          ref: 'refs/heads/main',
          ref_name: 'main',
          sha: 'c0ffee'.repeat(6) + 'c0de',
        },
        ...{
          run_id: '77',
          run_attempt: '1',
          run_number: '7',
          workflow: workflow.name,
          workspace: root,
          token,
        },
        ...{ server_url: 'https://github.com', api_url: 'http://127.0.0.1:9', head_ref: '', base_ref: '' },
        event: {
          inputs,
          client_payload: event.payload ?? {},
          action: '',
          pull_request: null,
          repository: { default_branch: 'main', private: event.isPrivate ?? false },
        },
        ...event.github,
      },
      ...{ inputs, vars: variables, secrets: { ...secrets, GITHUB_TOKEN: token } },
      ...{ runner: { os: 'Linux', arch: 'X64', temp: '', name: 'here' }, matrix: {}, strategy: {} },
    };
  }

  async run(): Promise<WorkflowResult> {
    const waiting = new Map(Object.entries(this.workflow.jobs));
    while (waiting.size > 0) {
      const next = [...waiting].find(([, { needs }]) =>
        needs.every((id) => Object.hasOwn(this.#results, id)),
      );
      if (next === undefined)
        throw new Error(`${this.file}: ${[...waiting.keys()].join(', ')} wait for each other`);
      waiting.delete(next[0]);
      this.#results[next[0]] = await this.#job(...next);
    }
    const all = Object.values(this.#results);
    const scope: Scope = { contexts: this.#contexts, functions: PURE_FUNCTIONS };
    return {
      result: combined(all.map(({ result }) => result)),
      title: interpolate(this.workflow['run-name'] ?? this.workflow.name, scope),
      concurrency: this.workflow.concurrency && interpolate(this.workflow.concurrency.group, scope),
      ...{
        jobs: this.#results,
        environments: this.#environments,
        concurrencyOfJobs: this.#concurrencyOfJobs,
      },
      log: all.map(({ log }) => log).join(''),
      summary: all.map(({ summary }) => summary).join(''),
    };
  }

  async #job(id: string, job: Job): Promise<JobResult> {
    const given = this.options.given?.[id];
    if (given !== undefined) return { ...SKIPPED, result: given.result, outputs: given.outputs ?? {} };
    const needs = Object.fromEntries(
      job.needs.map((name) => [
        name,
        { result: this.#results[name]!.result, outputs: this.#results[name]!.outputs },
      ]),
    );
    const contexts = { ...this.#contexts, needs };
    if (!this.#isWanted(job, contexts)) return SKIPPED;
    if (job.uses !== undefined) throw new Error(`${this.file}: this runner does not call workflows (${id})`);
    const results: JobResult[] = [];
    for (const matrix of combinations(job)) {
      results.push(await this.#single(id, job, { ...contexts, matrix }));
    }
    if (results.length === 1) return results[0]!;
    return {
      result: combined(results.map(({ result }) => result)),
      outputs: Object.assign({}, ...results.map(({ outputs }) => outputs)) as Record<string, string>,
      steps: results.flatMap(({ steps }) => steps),
      summary: results.map(({ summary }) => summary).join(''),
      log: results.map(({ log }) => log).join(''),
      used: results.flatMap(({ used }) => used),
    };
  }

  async #single(id: string, job: Job, contexts: Record<string, Value>): Promise<JobResult> {
    const scope: Scope = { contexts, functions: PURE_FUNCTIONS };
    const environment = typeof job.environment === 'object' ? job.environment.name : job.environment;
    if (environment !== undefined) this.#environments[id] = interpolate(environment, scope);
    if (job.concurrency !== undefined)
      this.#concurrencyOfJobs[id] = interpolate(job.concurrency.group, scope);
    const temp = temporaryDirectory();
    const own = {
      ...wayToNetwork(process.env),
      ...{ PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? temp, LANG: 'C.UTF-8' },
    };
    const machine = {
      ...{ root: this.options.root, temp, stop: this.#stop, standIns: this.options.standIns ?? {} },
      environment: { ...own, ...this.options.environment },
      isRehearsal: this.options.isRehearsal ?? false,
    };
    const runner = { ...(contexts['runner'] as Record<string, Value>), temp };
    return new JobRun(machine).run(this.file, this.workflow, id, job, { ...contexts, runner });
  }

  #ancestorsOf({ needs }: Job): ReadonlySet<string> {
    const { jobs } = this.workflow;
    return new Set(needs.flatMap((name) => [name, ...this.#ancestorsOf(jobs[name]!)]));
  }

  #isWanted(job: Job, contexts: Record<string, Value>): boolean {
    const results = [...this.#ancestorsOf(job)].map((name) => this.#results[name]!.result);
    const functions = {
      ...PURE_FUNCTIONS,
      // Where one that is needed was skipped, this one is, too: even by way of others that ran nevertheless.
      success: () => results.every((result) => result === 'success') && !this.#stop.aborted,
      failure: () => results.includes('failure') && !this.#stop.aborted,
      cancelled: () => this.#stop.aborted,
      always: () => true,
    };
    const text = String(job.if ?? 'success()').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1');
    const asksForStatus = /\b(success|failure|cancelled|always)\s*\(/.test(text);
    return isTrue(evaluate(asksForStatus ? text : `success() && (${text})`, { contexts, functions }));
  }
}

function combined(results: readonly Result[]): Result {
  return (['failure', 'cancelled', 'success'] as const).find((one) => results.includes(one)) ?? 'skipped';
}

/** Every choice of one value each; `include` and `exclude` are not known here. */
function combinations({ strategy }: Job): readonly Readonly<Record<string, Value>>[] {
  let all: Record<string, Value>[] = [{}];
  for (const [name, values] of Object.entries(strategy?.matrix ?? {})) {
    if (!Array.isArray(values) || name === 'include' || name === 'exclude') {
      throw new Error(`This runner does not know a matrix with ${name}`);
    }
    all = all.flatMap((one) => (values as Value[]).map((value) => ({ ...one, [name]: value })));
  }
  return all;
}

function checkedInputs(
  file: string,
  workflow: Workflow,
  { name, inputs: given = {} }: WorkflowEvent,
): Record<string, Value> {
  if (!Object.hasOwn(workflow.on, name)) throw new Error(`${file} is not started by ${name}`);
  const definitions = inputsOf(workflow, name);
  const unknown = Object.keys(given).filter((input) => !Object.hasOwn(definitions, input));
  if (unknown.length > 0) throw new Error(`${file} has no input ${unknown.join(', ')}`);
  return Object.fromEntries(
    Object.entries(definitions).map(([input, definition]) => [
      input,
      checkedInput(input, definition, given[input]),
    ]),
  );
}

function checkedInput(
  name: string,
  { required, default: fallback, type, options }: InputDefinition,
  given?: string | boolean,
): Value {
  const value = given ?? fallback ?? (type === 'boolean' ? false : '');
  if (required && value === '') throw new Error(`The input ${name} is missing`);
  if (type === 'choice' && !(options ?? []).includes(String(value))) {
    throw new Error(`The input ${name} is none of ${(options ?? []).join(', ')}`);
  }
  return type === 'boolean' ? value === true || value === 'true' : textOf(value);
}

/** Proxies, and whom programs trust: without them, nothing can be installed on a machine that has them. */
function wayToNetwork(environment: NodeJS.ProcessEnv): Record<string, string> {
  const ways =
    /^((https?|no)_proxy|ssl_cert_(file|dir)|(curl|requests)_ca_bundle|pip_cert|node_extra_ca_certs)$/i;
  const found = Object.entries(environment).filter(([name]) => ways.test(name));
  return Object.fromEntries(found) as Record<string, string>;
}
