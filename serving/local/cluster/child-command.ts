import { execFile } from 'node:child_process';
import { PlatformFailure } from '../failure.js';

const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;

export interface CommandOptions {
  /** What the program reads from its standard input. */
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the program, as Ctrl-C would. */
  readonly signal?: AbortSignal | undefined;
}

/** A program that ended with another code than 0, or that had to be ended. */
export class CommandFailure extends Error {
  constructor(
    message: string,
    /** undefined where a signal ended it. */
    readonly exitCode: number | undefined,
    readonly stdout: string,
    readonly stderr: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CommandFailure';
  }
}

/**
 * Runs a program to its end and returns what it printed.
 * @throws {CommandFailure} that says what the program complained of, or how long it was waited for
 * @throws {PlatformFailure} when there is no such program
 */
export function runCommand(
  file: string,
  args: readonly string[],
  { input = '', timeoutMs = 60_000, cwd, env, signal }: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      maxBuffer: MAX_OUTPUT_BYTES,
      timeout: timeoutMs,
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    };
    const end = (): void => {
      child.kill('SIGINT');
    };
    const child = execFile(file, [...args], options, (error, stdout, stderr) => {
      signal?.removeEventListener('abort', end);
      if (error === null) {
        resolve(stdout);
        return;
      }
      if (error.code === 'ENOENT') {
        reject(
          new PlatformFailure(`There is no ${file} on the PATH.`, `Install ${file}, then try again.`, {
            cause: error,
          }),
        );
        return;
      }
      const code = typeof error.code === 'number' ? error.code : undefined;
      const reason =
        error.killed === true ? `did not end within ${timeoutMs / 1000} s` : `failed: ${lastLines(stderr)}`;
      const what = [file, ...args.slice(0, 6), ...(args.length > 6 ? ['...'] : [])].join(' ');
      reject(new CommandFailure(`${what} ${reason}`, code, stdout, stderr, { cause: error }));
    });
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
    // A program that ends before it has read everything says so by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-5).join(' | ');
}
