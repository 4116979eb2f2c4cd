import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startCommand } from '../../test/support/command.js';
import { usageOf, type Usage } from '../tier/process-usage.js';

/** The stream in a process of its own, as it is shipped. */
export class StreamProcess {
  private constructor(private readonly child: ChildProcess) {}

  static start(env: Readonly<Record<string, string>>): StreamProcess {
    return new StreamProcess(startCommand('src/stream/main.ts', [], { LOG_LEVEL: 'warn', ...env }).child);
  }

  usage(): Promise<Usage> {
    return usageOf(this.child.pid!);
  }

  /** Ends it at once, as a machine that fails does. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}
