import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { SERVING_ROOT } from './training-environment.js';

/** A collector with little to do is there within a second; on a busy machine it takes longer. */
export const COLLECTOR_START_MS = 60_000;

const LOGGING = join(SERVING_ROOT, '..', 'monitoring', 'logging');

export interface CollectorOptions {
  readonly program: string;
  readonly source: 'local' | 'kubernetes';
  readonly elasticsearch: string;
  /** Where checkpoints and what was not sent yet are kept. */
  readonly stateDir: string;
  /** What the files of `source` read from the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** The shipped configuration in a real collector. */
export class LogCollector {
  private constructor(
    readonly child: ChildProcess,
    readonly metricsUrl: string,
  ) {}

  /** Starts it and waits until it says that it is healthy. */
  static async start({
    program,
    source,
    elasticsearch,
    stateDir,
    env,
  }: CollectorOptions): Promise<LogCollector> {
    const [health, metrics] = (await freePorts(2)) as [number, number];
    const configs = ['collector.yaml', join('sources', `${source}.yaml`)];
    const child = spawn(
      program,
      configs.flatMap((file) => ['--config', join(LOGGING, file)]),
      {
        env: {
          ELASTICSEARCH_URL: elasticsearch,
          ELASTICSEARCH_RETRY_MAX_INTERVAL: '1s',
          COLLECTOR_STATE_DIR: stateDir,
          COLLECTOR_HEALTH_ADDRESS: `127.0.0.1:${health}`,
          COLLECTOR_METRICS_PORT: String(metrics),
          ...env,
        },
        stdio: 'ignore',
      },
    );
    const endWithTests = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithTests);
    child.once('exit', () => process.off('exit', endWithTests));
    await eventually(async () => {
      const answer = await fetch(`http://127.0.0.1:${health}/`);
      if (!answer.ok) throw new Error(`The collector is not healthy: ${answer.status}`);
    }, COLLECTOR_START_MS);
    return new LogCollector(child, `http://127.0.0.1:${metrics}/metrics`);
  }

  async metrics(): Promise<string> {
    return (await fetch(this.metricsUrl)).text();
  }

  /** Ends it; SIGKILL gives it no time to write anything. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await once(this.child, 'exit');
  }
}
