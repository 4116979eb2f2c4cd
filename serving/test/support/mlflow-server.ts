import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { httpRequest } from './http-request.js';
import { temporaryDirectory } from './temporary-directory.js';
import { trainingProgram } from './training-environment.js';

/** For hooks that wait for the server: it imports for seconds, on a busy machine for many. */
export const MLFLOW_TIMEOUT_MS = 180_000;

/**
 * Runs a program in a process group of its own that ends with this process, however this process ends: the pipe
 * to it then closes.
 */
const UNTIL_PIPE_CLOSES = '"$@" < /dev/null & cat > /dev/null; kill -KILL 0';

/** A real MLflow tracking server with a database and artifacts of its own. */
export class MlflowServer {
  readonly #directory = temporaryDirectory();
  readonly #port: number;
  #group: ChildProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  /** Chooses where it will be, so that others can be told before it is started. */
  static async create(): Promise<MlflowServer> {
    const [port] = await freePorts(1);
    return new MlflowServer(port!);
  }

  get trackingUri(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts it unless it runs, on the data that it has if it ran before. Resolves when it answers. */
  async ensureRunning(): Promise<void> {
    if (this.#group !== undefined) return;
    const log = openSync(join(this.#directory, 'server.log'), 'a');
    const args = [
      ...['server', '--host', '127.0.0.1', '--port', String(this.#port), '--workers', '1'],
      ...['--backend-store-uri', `sqlite:///${join(this.#directory, 'mlflow.db')}`],
      ...['--artifacts-destination', join(this.#directory, 'artifacts')],
    ];
    this.#group = spawn('bash', ['-c', UNTIL_PIPE_CLOSES, 'bash', trainingProgram('mlflow'), ...args], {
      cwd: this.#directory,
      detached: true,
      stdio: ['pipe', log, log],
      env: {
        ...process.env,
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
        MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
        MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64url') + '=',
        // A webhook that was registered a moment ago is to be seen.
        MLFLOW_WEBHOOK_CACHE_TTL: '0',
      },
    });
    await eventually(async () => {
      if (this.#group?.exitCode !== null) throw new Error(`MLflow ended; see ${this.#directory}/server.log`);
      const { status } = await httpRequest({ port: this.#port, path: '/health' });
      if (status !== 200) throw new Error(`MLflow is not healthy: ${status}`);
    }, MLFLOW_TIMEOUT_MS);
  }

  /** Ends it at once, as a machine that fails does. */
  async kill(): Promise<void> {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    // It may have ended by itself, and then it does not do so again.
    if (group.exitCode !== null || group.signalCode !== null) return;
    const ended = once(group, 'exit');
    group.stdin!.end();
    await ended;
  }
}
