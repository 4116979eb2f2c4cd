import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readReplica, type ReplicaStatus } from '../../src/promotion/fleet.js';
import { MlflowRegistry } from '../../src/registry/mlflow-registry.js';
import { readChampion, type Champion } from '../../local/champion.js';
import { ownPorts } from '../../local/own-ports.js';
import { Platform } from '../../local/platform.js';
import { readSettings, type Settings } from '../../local/settings.js';

const run = promisify(execFile);

const manifestSchema = z.looseObject({
  golden: z.looseObject({
    rows: z.array(z.array(z.union([z.number(), z.string(), z.boolean(), z.null()]))),
    outputs: z.looseObject({ score: z.array(z.number()) }),
  }),
});

export type PackageManifest = z.infer<typeof manifestSchema>;

/** A target that goes on until it is interrupted. */
export interface RunningTarget {
  /** As Ctrl-C does; resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * A platform of its own beside one that may run on this machine: other ports, another state folder, driven by
 * the same `make` targets that a user types.
 */
export class LocalPlatform {
  readonly settings: Settings;
  readonly parts: Platform;

  private constructor(private readonly environment: Readonly<Record<string, string>>) {
    this.settings = readSettings({ ...process.env, ...environment });
    this.parts = new Platform(this.settings);
  }

  /** @param name of its folder below .reports, where its logs stay after a failure */
  static async create(
    name: string,
    overrides: Readonly<Record<string, string>> = {},
  ): Promise<LocalPlatform> {
    const platform = new LocalPlatform({
      PLATFORM_STATE_DIR: path.join('.reports', name),
      // Also of what watches a platform: Airflow sends to one of them in any case.
      ...(await ownPorts()),
      POLL_INTERVAL_SECONDS: '1',
      DATASET_URI: 'synthetic:?rows=6000&seed=7',
      ...overrides,
    });
    // What a test run that was killed has left.
    await platform.parts.processes.sweep();
    rmSync(platform.settings.stateDir, { recursive: true, force: true });
    return platform;
  }

  /** The same replica, with its state and ports, before another registry. */
  static successorOf(earlier: LocalPlatform, mlflowPort: number): LocalPlatform {
    return new LocalPlatform({ ...earlier.environment, MLFLOW_PORT: String(mlflowPort) });
  }

  /** The same state and ports under other settings: what runs has them when it is started again. */
  with(overrides: Readonly<Record<string, string>>): LocalPlatform {
    return new LocalPlatform({ ...this.environment, ...overrides });
  }

  get registry(): MlflowRegistry {
    return new MlflowRegistry({ trackingUri: this.settings.urls.mlflow, timeoutMs: 10_000 });
  }

  /** Runs a target as a user does, showing what it prints; resolves to all of that. */
  async make(target: string): Promise<string> {
    const { code, text } = await this.startMake(target).ended;
    if (code !== 0) throw new Error(`make ${target} ended with ${String(code)}:\n${text}`);
    return text;
  }

  /** The same, of a target that has no end of its own. */
  begin(target: string): RunningTarget {
    const { child, ended } = this.startMake(target);
    return {
      async stop() {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }

  /** A support program of the pipeline's tests, in the training environment; resolves to its JSON answer. */
  async support<T>(schema: z.ZodType<T>, module: string, ...args: string[]): Promise<T> {
    const { stdout } = await run(this.settings.trainingPython, ['-m', `tests.support.${module}`, ...args], {
      cwd: path.join(this.settings.projectDir, 'dags'),
      env: this.childEnvironment(),
    });
    return schema.parse(JSON.parse(stdout));
  }

  /** The command line that CI promotes with. */
  async cli(...args: string[]): Promise<void> {
    await run(process.execPath, [this.settings.servingCli, ...args], { env: this.childEnvironment() });
  }

  async champion(): Promise<Champion> {
    const champion = await readChampion(this.settings);
    if (champion === undefined) throw new Error('There is no champion.');
    return champion;
  }

  async status(): Promise<ReplicaStatus> {
    const { status, error } = await readReplica(this.settings.urls.management);
    if (status === undefined) throw new Error(`The replica ${error ?? 'does not answer'}.`);
    return status;
  }

  packageDir(digest: string): string {
    return path.join(this.settings.artifactCacheDir, 'packages', digest.replace('sha256:', ''));
  }

  manifest(packageDir: string): PackageManifest {
    return manifestSchema.parse(JSON.parse(readFileSync(path.join(packageDir, 'manifest.json'), 'utf8')));
  }

  /** Ends everything; keeps the state, for its logs, only if asked to. */
  async dispose(keepState: boolean): Promise<void> {
    if (existsSync(this.settings.stateDir)) await this.parts.processes.sweep();
    if (!keepState) rmSync(this.settings.stateDir, { recursive: true, force: true });
  }

  private startMake(target: string): {
    child: ChildProcess;
    ended: Promise<{ code: number | null; text: string }>;
  } {
    const child = spawn('make', [target], {
      cwd: this.settings.projectDir,
      env: this.childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output.push(text);
        process.stdout.write(text.replaceAll(/^(?=.)/gm, '      | '));
      });
    }
    const ended = once(child, 'close').then(([code]) => ({
      code: code as number | null,
      text: output.join(''),
    }));
    return { child, ended };
  }

  /** Without what the outer make tells its own children. */
  private childEnvironment(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !/^(MAKE|MFLAGS)/.test(name));
    return {
      ...Object.fromEntries(own),
      ...this.environment,
      MLFLOW_TRACKING_URI: this.settings.urls.mlflow,
    };
  }
}
