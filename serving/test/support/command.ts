import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SERVING_ROOT } from './training-environment.js';

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of this package that runs; it is killed when the tests end before it does. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly result: Promise<CommandResult>;
}

function newestBelow(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}

/** Whether `npm run build` has seen the sources as they are now. Then there is no need to compile at each start. */
const isBuilt = ((): boolean => {
  const built = join(SERVING_ROOT, 'dist/src/main.js');
  const sources = ['src', 'local'].map((folder) => newestBelow(join(SERVING_ROOT, folder)));
  return existsSync(built) && statSync(built).mtimeMs > Math.max(...sources);
})();

function nodeArguments(program: string): string[] {
  return isBuilt ? [join('dist', program.replace(/\.ts$/, '.js'))] : ['--import', 'tsx', program];
}

/**
 * Starts a TypeScript program of this package with an environment of its own.
 * @param program path below the package, such as `src/main.ts`
 */
export function startCommand(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningCommand {
  return startNode(SERVING_ROOT, [...nodeArguments(program), ...args], env);
}

/** The same of another folder, where a release of its own may lie. */
export function startNode(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningCommand {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  const result = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr]) => {
      process.off('exit', kill);
      return { exitCode: child.exitCode, stdout, stderr };
    },
  );
  return { child, result };
}

/** The command line of this package: `bless`, `promote`, `status`. The registry may be as slow as a busy machine makes it. */
export function servingCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return startCommand('src/cli/main.ts', args, { REGISTRY_TIMEOUT_MS: '30000', ...env }).result;
}
