import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../test/support/eventually.js';
import { RESULTS } from '../report/raw-results.js';
import { usageOf, type Usage } from '../tier/process-usage.js';

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 5_000;

export interface PeerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<PeerProcess>();

/** A peer with all that it forks, in a process group of its own; what it says goes to `.reports/bench/logs`. */
export class PeerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /**
   * @param isReady throws until the peer answers
   * @throws when it ends or is not ready within two minutes
   */
  static async start(
    { name, command, args, cwd, env }: PeerCommand,
    isReady: () => Promise<void>,
  ): Promise<PeerProcess> {
    const logs = join(RESULTS, 'logs');
    await mkdir(logs, { recursive: true });
    const log = join(logs, `${name}.log`);
    const output = createWriteStream(log);
    await once(output, 'open');
    const child = spawn(command, args, {
      cwd,
      // Telemetry of the runtime is off for all, as it is in this tier.
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ORT_DISABLE_TELEMETRY: '1', ...env },
      detached: true,
      stdio: ['ignore', output, output],
    });
    const peer = new PeerProcess(child);
    peer.#killWithUs();
    const ended = new AbortController();
    for (const event of ['error', 'exit']) {
      child.once(event, () => {
        ended.abort();
      });
    }
    try {
      await eventually(async () => {
        if (!ended.signal.aborted) await isReady();
      }, START_TIMEOUT_MS);
      ended.signal.throwIfAborted();
    } catch (cause) {
      await peer.stop();
      throw new Error(`${name} did not start; what it said is in ${log}`, { cause });
    }
    return peer;
  }

  usage(): Promise<Usage> {
    return usageOf(this.#child.pid!);
  }

  async stop(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#signal('SIGTERM');
      const timer = setTimeout(() => {
        this.#signal('SIGKILL');
      }, STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
    // Workers that outlive their parent.
    this.#signal('SIGKILL');
  }

  /** A benchmark that fails must not leave servers behind. */
  #killWithUs(): void {
    if (running.size === 0) {
      process.once('exit', () => {
        for (const peer of running) peer.#signal('SIGKILL');
      });
    }
    running.add(this);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // Nothing of it runs any more.
    }
  }
}
