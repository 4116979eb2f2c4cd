import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { FakeMlflow } from '../fakes/fake-mlflow.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { eventually } from '../support/eventually.js';
import { httpRequest } from '../support/http-request.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { fuzzedSettings } from './fuzzed-settings.js';
import type { FuzzedTier } from './fuzzer.js';
import { CANARY } from './json-mutations.js';

/** The program as it is shipped; another build by TIER. */
const MAIN = resolve(
  process.env['TIER'] ?? fileURLToPath(new URL('../../dist/src/main.js', import.meta.url)),
);
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const ERROR = 50;

/**
 * Answers every message with what the process holds after a garbage collection. Keeps no process alive, and does
 * nothing in threads, which load it too.
 */
const MEMORY_PROBE = `data:text/javascript,${encodeURIComponent(
  `if (process.channel) {
     process.on('message', () => { gc(); gc(); process.send(process.memoryUsage()); });
     process.channel.unref();
   }`,
)}`;

const memorySchema = z.object({ rss: z.number(), heapUsed: z.number(), external: z.number() });
/** Bytes. */
export type Memory = z.infer<typeof memorySchema>;

const lineSchema = z.looseObject({ level: z.number(), msg: z.string().default('') });
const portsSchema = z.object({ port: z.number(), grpc_port: z.number(), management_port: z.number() });

/** The compiled tier in a process of its own, whose log is read and whose memory can be asked for. */
export class FuzzedProcess implements FuzzedTier {
  port = 0;
  grpcPort = 0;
  managementPort = 0;
  readonly #child: ChildProcess;
  readonly #mlflow: FakeMlflow;
  #complaints: string[] = [];
  #ports: z.infer<typeof portsSchema> | undefined;

  private constructor(child: ChildProcess, mlflow: FakeMlflow) {
    this.#child = child;
    this.#mlflow = mlflow;
    process.once('exit', this.#kill);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.#read(line);
    });
    createInterface({ input: child.stderr! }).on('line', (line) => {
      this.#complaints.push(`on standard error: ${line}`);
    });
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @param packages one a model
   * @param env settings beside those of `fuzzedSettings`
   * @throws when it does not get ready
   */
  static async start(
    packages: readonly ModelPackage[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<FuzzedProcess> {
    const registry = new FakeRegistry();
    for (const modelPackage of packages) registry.promote(modelPackage);
    const mlflow = await FakeMlflow.start(registry);
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', '--expose-gc', `--import=${MEMORY_PROBE}`, MAIN],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: {
          PATH: process.env['PATH'],
          PORT: '0',
          GRPC_PORT: '0',
          MANAGEMENT_PORT: '0',
          POLL_INTERVAL_SECONDS: '59',
          MLFLOW_TRACKING_URI: mlflow.trackingUri,
          ARTIFACT_CACHE_DIR: temporaryDirectory(),
          PREDICTION_LOG_DIR: temporaryDirectory(),
          WORKERS: '1',
          ...fuzzedSettings(packages.map(({ manifest }) => manifest)),
          ...env,
        },
      },
    );
    const tier = new FuzzedProcess(child, mlflow);
    try {
      await eventually(() => tier.#ready(), START_TIMEOUT_MS);
      return tier;
    } catch (cause) {
      await tier.stop();
      throw new Error(`The tier did not get ready. ${tier.complaints().join('; ')}`, { cause });
    }
  }

  complaints(): readonly string[] {
    const complaints = this.#complaints;
    if (complaints.length > 0) this.#complaints = [];
    return complaints;
  }

  isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async memory(): Promise<Memory> {
    const answer = once(this.#child, 'message');
    this.#child.send('memory');
    return memorySchema.parse((await answer)[0]);
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill);
    if (this.isAlive()) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const timer = setTimeout(this.#kill, STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
    this.#mlflow.stop();
  }

  readonly #kill = (): void => {
    this.#child.kill('SIGKILL');
  };

  async #ready(): Promise<void> {
    if (this.#ports === undefined) throw new Error('The tier does not listen');
    this.port = this.#ports.port;
    this.grpcPort = this.#ports.grpc_port;
    this.managementPort = this.#ports.management_port;
    const { status } = await httpRequest({ port: this.port, path: '/health/ready' });
    if (status !== 200) throw new Error('The tier is not ready');
  }

  #read(line: string): void {
    if (line.includes(CANARY)) this.#complaints.push(`a value that was sent is in the log: ${line}`);
    const { level, msg, ...fields } = lineSchema.parse(JSON.parse(line));
    if (msg === 'listening') this.#ports = portsSchema.parse(fields);
    if (level >= ERROR) this.#complaints.push(`logged as an error: ${line}`);
  }
}
