import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Front } from '../../local/blue-green/nginx-configuration.js';
import { CONFIGURATION, NginxFront } from '../../local/blue-green/nginx-front.js';
import { findNginx, nginxArguments, NginxProcess } from '../../local/blue-green/nginx-process.js';
import type { Colour, TrafficSplit } from '../../local/blue-green/traffic-split.js';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { temporaryDirectory } from './temporary-directory.js';
import { SERVING_ROOT } from './training-environment.js';

export interface Exchange {
  readonly request_id: string;
  readonly path: string;
  readonly status: number;
  readonly colour: string;
  /** Of each try, `127.0.0.1:port` and status. */
  readonly tried: string;
  readonly tried_status: string;
}

/** undefined: there is an nginx to test with. */
export function whyNoNginx(): string | undefined {
  return findNginx(process.env['PATH'] ?? '') === undefined
    ? 'nginx is not installed (Debian: apt-get install nginx)'
    : undefined;
}

/** A real nginx in front of two addresses, with the configuration that is shipped. */
export class NginxUnderTest {
  private constructor(
    readonly port: number,
    readonly front: NginxFront,
    private readonly stateDir: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(
    ports: Readonly<Record<Colour, number>>,
    split: TrafficSplit,
    given: Partial<Front> = {},
  ): Promise<NginxUnderTest> {
    const program = findNginx(process.env['PATH'] ?? '')!;
    const stateDir = temporaryDirectory();
    const runDir = join(stateDir, 'run');
    mkdirSync(runDir);
    const [port, managementPort] = (await freePorts(2)) as [number, number];
    const process_: { child?: ChildProcess } = {};
    const front = new NginxFront(
      stateDir,
      readFileSync(join(SERVING_ROOT, 'compose/nginx.conf.template'), 'utf8'),
      {
        listen: `127.0.0.1:${port}`,
        managementListen: `127.0.0.1:${managementPort}`,
        addresses: { blue: `127.0.0.1:${ports.blue}`, green: `127.0.0.1:${ports.green}` },
        user: process.getuid?.() === 0 ? 'root' : undefined,
        workers: 2,
        stateDir,
        runDir,
        accessLog: join(stateDir, 'access.log'),
        errorLog: 'stderr',
        maxBodyBytes: 16 * 1024 ** 2,
        readTimeoutMs: 30_000,
        ...given,
      },
      new NginxProcess(program, runDir, managementPort, () => process_.child?.pid),
    );
    front.write(split);
    const log = openSync(join(stateDir, 'error.log'), 'a');
    const child = spawn(program, nginxArguments(runDir, join(stateDir, CONFIGURATION)), {
      stdio: ['ignore', log, log],
    });
    process_.child = child;
    const kill = (): void => {
      child.kill('SIGTERM');
    };
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    await eventually(() => front.split());
    return new NginxUnderTest(port, front, stateDir, child);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What was exchanged with clients so far, oldest first. */
  get exchanges(): Exchange[] {
    const lines = readFileSync(join(this.stateDir, 'access.log'), 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Exchange);
  }

  get errorLog(): string {
    return readFileSync(join(this.stateDir, 'error.log'), 'utf8');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
