import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import type { StatusReport } from '../../src/api/status-report.js';
import { FakeMlflow } from '../fakes/fake-mlflow.js';
import type { FakeRegistry } from '../fakes/fake-registry.js';
import { startCommand, startNode, type RunningCommand } from './command.js';
import { eventually } from './eventually.js';
import { httpRequest, type HttpAnswer, type HttpRequestOptions } from './http-request.js';
import { temporaryDirectory } from './temporary-directory.js';
import { PATIENCE } from './tier-under-test.js';

type RequestOptions = Omit<HttpRequestOptions, 'port' | 'path'>;
type WorkerStatus = StatusReport['workers'][number];

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly worker?: number;
  readonly pid?: number;
  readonly [key: string]: unknown;
}

/** Starting a process means compiling it, and on a busy machine takes a while. */
export const PROCESS_TIMEOUT_MS = 120_000;

/** A replica as it is run: a process of its own, its workers, and a registry that it reads over HTTP. */
export class ReplicaProcess {
  readonly lines: LogLine[] = [];
  readonly #command: RunningCommand;
  readonly #mlflow: FakeMlflow | undefined;
  readonly #exit: Promise<[number | null, NodeJS.Signals | null]>;

  private constructor(command: RunningCommand, mlflow?: FakeMlflow) {
    this.#command = command;
    this.#mlflow = mlflow;
    this.#exit = once(command.child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    createInterface({ input: command.child.stdout! }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as LogLine);
    });
  }

  /** Starts it and waits until it listens. */
  static async start(
    registry: FakeRegistry,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ReplicaProcess> {
    const mlflow = await FakeMlflow.start(registry);
    const command = startCommand('src/main.ts', [], {
      ...defaults(),
      MLFLOW_TRACKING_URI: mlflow.trackingUri,
      ...env,
    });
    return ReplicaProcess.#listening(new ReplicaProcess(command, mlflow));
  }

  /** Starts a release that lies somewhere, or else this one, at a registry that `env` names. */
  static startRelease(
    program: { readonly cwd: string; readonly args: readonly string[] } | undefined,
    env: Readonly<Record<string, string>>,
  ): Promise<ReplicaProcess> {
    const all = { ...defaults(), ...env };
    return ReplicaProcess.#listening(
      new ReplicaProcess(
        program === undefined
          ? startCommand('src/main.ts', [], all)
          : startNode(program.cwd, program.args, all),
      ),
    );
  }

  static async #listening(replica: ReplicaProcess): Promise<ReplicaProcess> {
    return replica.#orGone(eventually(() => replica.line('listening'), PROCESS_TIMEOUT_MS));
  }

  /** Nobody else could end one that its caller never got: with its registry it would keep the tests from ending. */
  async #orGone(reached: Promise<unknown>): Promise<this> {
    try {
      await reached;
      return this;
    } catch (error) {
      await this.dispose();
      throw error;
    }
  }

  /** Starts it and waits until all its workers are ready. */
  static async startReady(
    registry: FakeRegistry,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ReplicaProcess> {
    const replica = await ReplicaProcess.start(registry, env);
    return replica.#orGone(replica.allReady(Number(env['WORKERS'] ?? 2)));
  }

  /** The first line with this message. @throws when there is none */
  line(message: string): LogLine {
    const found = this.lines.find(({ msg }) => msg === message);
    if (found === undefined) {
      const last = this.lines.slice(-5).map(({ msg }) => msg);
      throw new Error(`The log has no line "${message}" yet; its last are: ${last.join(' | ')}`);
    }
    return found;
  }

  /** Lines that somebody has to look at. */
  get errors(): LogLine[] {
    return this.lines.filter(({ level }) => level >= 50);
  }

  get pid(): number {
    return this.#command.child.pid!;
  }

  get port(): number {
    return Number(this.line('listening')['port']);
  }

  get grpcPort(): number {
    return Number(this.line('listening')['grpc_port']);
  }

  get managementPort(): number {
    return Number(this.line('listening')['management_port']);
  }

  request(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return httpRequest({ port: this.port, path, ...options });
  }

  manage(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return httpRequest({ port: this.managementPort, path, ...options });
  }

  predict(instances: readonly unknown[], options: RequestOptions = {}): Promise<HttpAnswer> {
    return this.request('/predict', {
      method: 'POST',
      body: JSON.stringify({ instances }),
      headers: { 'content-type': 'application/json' },
      ...options,
    });
  }

  async status(): Promise<StatusReport> {
    return (await this.manage('/status')).json as StatusReport;
  }

  async metrics(): Promise<string> {
    return (await this.manage('/metrics')).text;
  }

  /** Waits until that many workers are ready, and returns them. */
  allReady(count: number): Promise<readonly WorkerStatus[]> {
    return eventually(async () => {
      const { workers } = await this.status();
      expect(workers.filter(({ serving, ready }) => serving && ready)).to.have.length(count);
      expect(workers).to.have.length(count);
      return workers;
    }, PROCESS_TIMEOUT_MS);
  }

  signal(signal: NodeJS.Signals): void {
    this.#command.child.kill(signal);
  }

  /** Resolves when the process has ended. */
  ended(): Promise<[number | null, NodeJS.Signals | null]> {
    return this.#exit;
  }

  /** Ends everything at once; safe to call again. */
  async dispose(): Promise<void> {
    this.#mlflow?.stop();
    this.signal('SIGKILL');
    await this.ended();
  }
}

function defaults(): Record<string, string> {
  return {
    MODEL_NAME: 'small-tensor',
    PORT: '0',
    GRPC_PORT: '0',
    MANAGEMENT_PORT: '0',
    POLL_INTERVAL_SECONDS: '59',
    ...PATIENCE,
    ARTIFACT_CACHE_DIR: temporaryDirectory(),
    PREDICTION_LOG_DIR: temporaryDirectory(),
    WORKERS: '2',
  };
}

/** Whether there is such a process, and it is not one that has ended and whose parent has not noticed. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
