import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PlatformFailure } from './failure.js';
import { inheritedEnvironment } from './service.js';
import type { Settings } from './settings.js';

/** How a command of the tier ended. */
export interface CommandEnd {
  /** null: it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The tier's own command line, as CI runs it: a process that reads and writes the platform's registry. */
export class ServingCommand {
  /** Resolves however it ends. */
  readonly ended: Promise<CommandEnd>;
  #isRunning = true;
  readonly #child: ChildProcess;
  readonly #kill = () => this.#child.kill('SIGKILL');

  /** @param onLine of its standard error, as they come */
  constructor(settings: Settings, args: readonly string[], onLine: (line: string) => void = () => undefined) {
    const child = spawn(process.execPath, [settings.servingCli, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inheritedEnvironment(), MLFLOW_TRACKING_URI: settings.urls.mlflow },
    });
    this.#child = child;
    // It must not outlive whoever looks at what it does.
    process.once('exit', this.#kill);
    const [stdout, stderr]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text));
    createInterface(child.stderr).on('line', (line) => {
      stderr.push(line);
      onLine(line);
    });
    this.ended = once(child, 'close').then(([code]) => {
      process.off('exit', this.#kill);
      this.#isRunning = false;
      return { code: code as number | null, stdout: stdout.join(''), stderr: stderr.join('\n') };
    });
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** As a machine that loses its power: the command can say and do nothing more. */
  async kill(): Promise<void> {
    this.#kill();
    await this.ended;
  }
}

/** Runs a command to its end. @throws {PlatformFailure} where it does not end with 0 */
export async function runServingCommand(settings: Settings, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new ServingCommand(settings, args).ended;
  if (code !== 0) {
    throw new PlatformFailure(`${args[0]!} ended with ${String(code)}: ${stderr || stdout}`.trim());
  }
  return stdout;
}
