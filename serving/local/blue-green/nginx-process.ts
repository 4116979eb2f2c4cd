import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import axios from 'axios';
import { PlatformFailure } from '../failure.js';
import { nginxFailure, type NginxControl } from './nginx-front.js';

/** Where Debian puts it is not on everyone's PATH. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** The program, as a path; undefined where there is none. */
export function findNginx(searchPath: string): string | undefined {
  const folders = [...searchPath.split(path.delimiter).filter(Boolean), ...MORE_FOLDERS];
  return folders.map((folder) => path.join(folder, 'nginx')).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What starts nginx in the foreground. It writes nowhere but where its configuration says. */
export function nginxArguments(runDir: string, configuration: string): string[] {
  // Before it has read its configuration it would write to a log of the system.
  return ['-p', runDir, '-e', 'stderr', '-c', configuration, '-g', 'daemon off;'];
}

/** An nginx that is a process of this machine. */
export class NginxProcess implements NginxControl {
  constructor(
    private readonly program: string,
    private readonly runDir: string,
    private readonly managementPort: number,
    /** undefined: it does not run */
    private readonly pid: () => number | undefined,
  ) {}

  async check(configuration: string): Promise<void> {
    try {
      await promisify(execFile)(this.program, ['-t', '-q', ...nginxArguments(this.runDir, configuration)]);
    } catch (error) {
      throw nginxFailure('would not take this configuration', (error as { stderr?: string }).stderr ?? '');
    }
  }

  reload(): Promise<void> {
    const pid = this.pid();
    if (pid === undefined) throw new PlatformFailure('nginx does not run.', 'Run `make blue-green`.');
    process.kill(pid, 'SIGHUP');
    return Promise.resolve();
  }

  ask(where: string): Promise<string> {
    return askNginx(this.managementPort, where);
  }
}

/** What the management address of an nginx answers on this machine. */
export async function askNginx(port: number, where: string): Promise<string> {
  const { data } = await axios.get<string>(`http://127.0.0.1:${port}${where}`, {
    timeout: 2_000,
    proxy: false,
    responseType: 'text',
    transformResponse: (text: string) => text,
  });
  return data;
}
