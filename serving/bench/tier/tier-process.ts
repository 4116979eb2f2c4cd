import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { eventually } from '../../test/support/eventually.js';
import { freePorts } from '../../test/support/free-ports.js';
import type { PackageRegistry } from './package-registry.js';
import { usageOf, type Usage } from './process-usage.js';

/** The program as it is shipped; another build, for a comparison, by TIER. */
const MAIN = resolve(
  process.env['TIER'] ?? fileURLToPath(new URL('../../dist/src/main.js', import.meta.url)),
);
const START_TIMEOUT_MS = 60_000;
const SWAP_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 5_000;
const ADMIN_TOKEN = 'benchmark-admin-token';

const statusSchema = z.looseObject({
  available: z.looseObject({ version: z.string() }).nullable(),
  last_failure: z.looseObject({ message: z.string() }).nullish(),
});

/** The serving tier in a process of its own, as it is shipped, on free ports of the loopback address. */
export class TierProcess {
  private constructor(
    readonly port: number,
    readonly grpcPort: number,
    readonly managementPort: number,
    private readonly child: ChildProcess,
    private readonly cacheDirectory: string,
  ) {}

  /**
   * Starts it and waits until it is ready.
   *
   * @param modelName as the packages of the registry say
   * @param env settings beside ports, registry and cache
   * @throws when it ends or is not ready within a minute
   */
  static async start(
    registry: PackageRegistry,
    modelName: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<TierProcess> {
    const [port, grpcPort, managementPort] = (await freePorts(3)) as [number, number, number];
    const cacheDirectory = await mkdtemp(join(tmpdir(), 'benchmarked-tier-'));
    const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        MODEL_NAME: modelName,
        MLFLOW_TRACKING_URI: registry.url,
        PORT: String(port),
        GRPC_PORT: String(grpcPort),
        MANAGEMENT_PORT: String(managementPort),
        // Promotions arrive when the benchmark says so.
        POLL_INTERVAL_SECONDS: '59',
        ADMIN_TOKEN,
        SHUTDOWN_TIMEOUT_SECONDS: '1',
        ARTIFACT_CACHE_DIR: join(cacheDirectory, 'artifacts'),
        PREDICTION_LOG_DIR: join(cacheDirectory, 'feedback'),
        // Unless a benchmark is about them.
        WORKERS: '1',
        ...env,
      },
    });
    const tier = new TierProcess(port, grpcPort, managementPort, child, cacheDirectory);
    // A benchmark that fails must not leave servers behind.
    process.once('exit', tier.kill);
    try {
      await tier.ready();
      return tier;
    } catch (error) {
      await tier.stop();
      throw error;
    }
  }

  get usage(): Promise<Usage> {
    return usageOf(this.child.pid!);
  }

  /** The text of `/metrics`. */
  async metrics(): Promise<string> {
    return (await this.manage('/metrics')).text();
  }

  /**
   * Has the alias read at once and waits until this version answers.
   *
   * @throws what the tier says is wrong, when the time is over
   */
  async swapTo(version: string, withinMs = SWAP_TIMEOUT_MS): Promise<void> {
    await this.manage('/admin/reload', {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    await eventually(async () => {
      const status = statusSchema.parse(await (await this.manage('/status')).json());
      if (status.available?.version === version) return;
      throw new Error(
        `Version ${version} does not answer: ${status.last_failure?.message ?? 'still loading'}`,
      );
    }, withinMs);
  }

  async stop(): Promise<void> {
    process.off('exit', this.kill);
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const timer = setTimeout(this.kill, STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
    await rm(this.cacheDirectory, { recursive: true, force: true });
  }

  private readonly kill = (): void => {
    this.child.kill('SIGKILL');
  };

  private async ready(): Promise<void> {
    const ended = new AbortController();
    this.child.once('exit', () => {
      ended.abort();
    });
    await eventually(async () => {
      if (ended.signal.aborted) return;
      const { ok } = await fetch(`http://127.0.0.1:${this.port}/health/ready`);
      if (!ok) throw new Error('The tier is not ready');
    }, START_TIMEOUT_MS);
    if (ended.signal.aborted) throw new Error('The tier ended before it was ready; what it said is above');
  }

  private async manage(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`http://127.0.0.1:${this.managementPort}${path}`, init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response;
  }
}
