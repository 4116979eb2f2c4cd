import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PlatformFailure } from './failure.js';
import { ScrapeTargets } from './monitoring/scrape-targets.js';
import { findInstanceProcesses, instanceVariable, startTimeOf, type FoundProcess } from './process-scan.js';

const entrySchema = z.object({
  pid: z.number().int().positive(),
  startTime: z.string(),
  startedAt: z.iso.datetime(),
});

export type ProcessEntry = z.infer<typeof entrySchema>;

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/**
 * The services of one platform instance as the operating system knows them. A service is the leader of its
 * own session, so that Ctrl-C in the terminal that started it does not reach it, and a signal to the group
 * reaches all its children. Nothing is kept in memory: any later command sees the same table.
 */
export class ProcessTable {
  /** What Prometheus scrapes of these processes. */
  readonly scrapeTargets: ScrapeTargets;
  private readonly entriesDir: string;

  constructor(
    private readonly stateDir: string,
    private readonly logsDir: string,
  ) {
    this.scrapeTargets = new ScrapeTargets(stateDir);
    this.entriesDir = path.join(stateDir, 'processes');
  }

  logFile(name: string): string {
    return path.join(this.logsDir, `${name}.log`);
  }

  async start(name: string, command: Command): Promise<ProcessEntry> {
    mkdirSync(this.logsDir, { recursive: true });
    mkdirSync(this.entriesDir, { recursive: true });
    const log = openSync(this.logFile(name), 'a');
    try {
      const child = spawn(command.file, command.args, {
        cwd: command.cwd,
        env: { ...command.env, [instanceVariable]: this.stateDir },
        detached: true,
        stdio: ['ignore', log, log],
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (error) => {
          reject(
            new PlatformFailure(`${name} did not start: ${error.message}`, 'Run `make install`.', {
              cause: error,
            }),
          );
        });
      });
      child.unref();
      const pid = child.pid!;
      const entry: ProcessEntry = {
        pid,
        startTime: startTimeOf(pid) ?? 'ended',
        startedAt: new Date().toISOString(),
      };
      writeFileSync(this.entryFile(name), JSON.stringify(entry));
      return entry;
    } finally {
      closeSync(log);
    }
  }

  /** The entry of a service that runs; undefined if it was never started, or has ended. */
  running(name: string): ProcessEntry | undefined {
    const file = this.entryFile(name);
    if (!existsSync(file)) return undefined;
    const parsed = entrySchema.safeParse(parseJson(readFileSync(file, 'utf8')));
    if (!parsed.success) return undefined;
    return startTimeOf(parsed.data.pid) === parsed.data.startTime ? parsed.data : undefined;
  }

  /** SIGTERM to the whole group, SIGKILL to what is left of it after the grace period. */
  async stop(name: string, graceMs = 15_000): Promise<void> {
    this.scrapeTargets.remove(name);
    const entry = this.running(name);
    if (entry) {
      signalGroup(entry.pid, 'SIGTERM');
      const deadline = Date.now() + graceMs;
      while (this.groupMembers(entry.pid).length > 0 && Date.now() < deadline) await sleep(50);
      signalGroup(entry.pid, 'SIGKILL');
    }
    rmSync(this.entryFile(name), { force: true });
  }

  /** Whatever carries the instance's marker, leader or not, in its group or not. */
  findAll(): FoundProcess[] {
    return findInstanceProcesses(this.stateDir);
  }

  /** Ends every process that carries the marker and returns those that survived even SIGKILL. */
  async sweep(): Promise<FoundProcess[]> {
    return this.end(() => this.findAll());
  }

  /** Ends what no running service accounts for: the children of a leader that was killed. */
  async endStragglers(): Promise<void> {
    await this.end(() => this.stragglers());
  }

  private stragglers(): FoundProcess[] {
    const found = this.findAll();
    const leaders = new Set(this.names().flatMap((name) => this.running(name)?.pid ?? []));
    const byPid = new Map(found.map((one) => [one.pid, one]));
    const isAccountedFor = (one: FoundProcess | undefined): boolean =>
      one !== undefined &&
      (leaders.has(one.pid) || leaders.has(one.group) || isAccountedFor(byPid.get(one.parent)));
    return found.filter((one) => !isAccountedFor(one));
  }

  private async end(targets: () => FoundProcess[], graceMs = 5000): Promise<FoundProcess[]> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      for (const { pid } of targets()) signalOne(pid, signal);
      const deadline = Date.now() + graceMs;
      while (targets().length > 0 && Date.now() < deadline) await sleep(50);
    }
    return targets();
  }

  private names(): string[] {
    if (!existsSync(this.entriesDir)) return [];
    return readdirSync(this.entriesDir).flatMap((file) =>
      file.endsWith('.json') ? [path.parse(file).name] : [],
    );
  }

  /** By the scan and not by signal 0, which zombies answer too where nothing reaps orphans. */
  private groupMembers(leader: number): FoundProcess[] {
    return this.findAll().filter((found) => found.group === leader);
  }

  private entryFile(name: string): string {
    return path.join(this.entriesDir, `${name}.json`);
  }
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  signalOne(-leader, signal);
}

/** A process that has ended between looking and signalling is what we wanted. */
function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
