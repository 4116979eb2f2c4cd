import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How GitHub's runner calls a shell: without `shell:`, a pipe that fails in its middle is not noticed. */
const SHELLS: Readonly<Record<string, readonly string[]>> = {
  '': ['-e'],
  bash: ['--noprofile', '--norc', '-eo', 'pipefail'],
};

/** As the runner ends a step: asked, told, made to. Only bash itself is asked. */
const TOLD_AFTER_MS = 7_500;
const MADE_AFTER_MS = 10_000;

export interface Script {
  readonly file: string;
  readonly shell: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends it early. */
  readonly stop: AbortSignal;
}

export interface ScriptResult {
  readonly exitCode: number;
  /** Both streams, in the order in which they came. */
  readonly log: string;
}

export async function runScript({ file, shell, cwd, env, stop }: Script): Promise<ScriptResult> {
  const flags = SHELLS[shell];
  if (flags === undefined) throw new Error(`This runner has no shell ${shell}`);
  // A process group of its own: what a script leaves behind ends with it.
  const child = spawn('bash', [...flags, file], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killGroup = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  };
  process.once('exit', killGroup);
  // What it has started and left would keep its output open.
  child.once('exit', () => {
    if (stop.aborted) killGroup();
  });
  const timers: NodeJS.Timeout[] = [];
  const end = (): void => {
    child.kill('SIGINT');
    timers.push(
      setTimeout(() => child.kill('SIGTERM'), TOLD_AFTER_MS),
      setTimeout(killGroup, MADE_AFTER_MS),
    );
  };
  stop.addEventListener('abort', end, { once: true });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (process.env['WORKFLOWS_VERBOSE']) process.stdout.write(text.replaceAll(/^(?=.)/gm, '      | '));
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  timers.forEach(clearTimeout);
  stop.removeEventListener('abort', end);
  process.off('exit', killGroup);
  killGroup();
  return { exitCode: code ?? 128, log };
}
