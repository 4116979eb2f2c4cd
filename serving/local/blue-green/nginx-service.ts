import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PlatformFailure } from '../failure.js';
import type { Command, ProcessTable } from '../process-table.js';
import { inheritedEnvironment, type Service } from '../service.js';
import type { Settings } from '../settings.js';
import { MAX_BODY_BYTES, READ_TIMEOUT_MS } from './front-limits.js';
import { CONFIGURATION, NginxFront } from './nginx-front.js';
import { findNginx, nginxArguments, NginxProcess } from './nginx-process.js';

/** One is enough for this machine; two show that the split is one for all of them. */
const WORKERS = 2;

/** nginx in front of blue and green. */
export class NginxService implements Service {
  readonly name = 'nginx';
  readonly url: string;
  readonly front: NginxFront;
  private readonly stateDir: string;
  private readonly runDir: string;
  private readonly program: string | undefined;

  constructor(settings: Settings, processes: ProcessTable) {
    const { port, managementPort, colours } = settings.blueGreen;
    this.url = `http://127.0.0.1:${port}`;
    this.stateDir = path.join(settings.stateDir, 'blue-green');
    this.runDir = path.join(this.stateDir, 'run');
    this.program = findNginx(inheritedEnvironment()['PATH'] ?? '');
    this.front = new NginxFront(
      this.stateDir,
      readFileSync(path.join(settings.projectDir, 'serving', 'compose', 'nginx.conf.template'), 'utf8'),
      {
        listen: `127.0.0.1:${port}`,
        managementListen: `127.0.0.1:${managementPort}`,
        addresses: { blue: `127.0.0.1:${colours.blue.port}`, green: `127.0.0.1:${colours.green.port}` },
        // Otherwise root's workers would be somebody who may not read what is root's.
        user: process.getuid?.() === 0 ? 'root' : undefined,
        workers: WORKERS,
        stateDir: this.stateDir,
        runDir: this.runDir,
        accessLog: path.join(settings.logsDir, 'nginx-access.log'),
        errorLog: 'stderr',
        maxBodyBytes: MAX_BODY_BYTES,
        readTimeoutMs: READ_TIMEOUT_MS,
      },
      new NginxProcess(
        this.installed(),
        this.runDir,
        managementPort,
        () => processes.running(this.name)?.pid,
      ),
    );
  }

  prepare(): void {
    mkdirSync(this.runDir, { recursive: true });
  }

  command(): Command {
    return {
      file: this.installed(),
      args: nginxArguments(this.runDir, path.join(this.stateDir, CONFIGURATION)),
      cwd: this.stateDir,
      env: inheritedEnvironment(),
    };
  }

  async missing(): Promise<string | undefined> {
    await this.front.split();
    return undefined;
  }

  private installed(): string {
    if (this.program !== undefined) return this.program;
    throw new PlatformFailure('nginx is not installed.', 'On Debian, as root: apt-get install nginx');
  }
}
