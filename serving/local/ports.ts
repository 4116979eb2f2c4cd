import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';

export interface PortClaim {
  readonly port: number;
  /** What we want it for. */
  readonly use: string;
  /** The environment variable that names another one. */
  readonly variable: string;
}

/** True when 127.0.0.1:port can be listened on now. */
export async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** "nginx (pid 4711)" where the operating system tells, undefined where it does not. */
export function portHolder(port: number): string | undefined {
  return holderFromSs(port) ?? holderFromLsof(port);
}

function holderFromSs(port: number): string | undefined {
  const line = output('ss', ['-Hltnp', `sport = :${port}`]);
  const match = /users:\(\("([^"]+)",pid=(\d+)/.exec(line ?? '');
  return match ? `${match[1]} (pid ${match[2]})` : undefined;
}

function holderFromLsof(port: number): string | undefined {
  const fields = output('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const pid = /^p(\d+)$/m.exec(fields ?? '')?.[1];
  const command = /^c(.+)$/m.exec(fields ?? '')?.[1];
  return pid === undefined ? undefined : `${command ?? 'a process'} (pid ${pid})`;
}

function output(command: string, args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}
