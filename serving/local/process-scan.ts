import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Every process that the platform starts carries this variable with its state folder, and so does every
 * process that those start. It is how `down` finds what a killed leader left behind, and it is why `down`
 * can't hit a process that isn't ours.
 */
export const instanceVariable = 'PLATFORM_INSTANCE';

export interface FoundProcess {
  readonly pid: number;
  readonly parent: number;
  /** Process group: the pid of the service's leader, unless the process moved out of it. */
  readonly group: number;
  readonly command: string;
}

/** Processes of one platform instance, without the caller. */
export function findInstanceProcesses(stateDir: string): FoundProcess[] {
  const marker = `${instanceVariable}=${stateDir}`;
  const found = existsSync('/proc/self/environ') ? scanProc(marker) : scanPs(marker);
  return found.filter((candidate) => candidate.pid !== process.pid);
}

/**
 * What, beside the pid, tells a process from a later one that got its number: the start time in clock ticks
 * (Linux) or as a date (elsewhere). Undefined when there is no such process, or only its zombie.
 */
export function startTimeOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) {
    const stat = readStat(pid);
    return stat === undefined || stat.state === 'Z' ? undefined : stat.startTime;
  }
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}

function scanProc(marker: string): FoundProcess[] {
  const found: FoundProcess[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = readOrUndefined(`/proc/${entry}/environ`);
    if (!environment?.split('\0').includes(marker)) continue;
    const pid = Number(entry);
    const stat = readStat(pid);
    if (stat === undefined || stat.state === 'Z') continue;
    const command = readOrUndefined(`/proc/${entry}/cmdline`)?.replaceAll('\0', ' ').trim();
    found.push({
      pid,
      parent: stat.parent,
      group: stat.group,
      command: command === undefined || command === '' ? '(ending)' : command,
    });
  }
  return found;
}

/** Where /proc is missing: `e` appends the environment to the command, `ww` does not cut it. */
function scanPs(marker: string): FoundProcess[] {
  const lines = execFileSync('ps', ['eww', '-ax', '-o', 'pid=,ppid=,pgid=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  }).split('\n');
  return lines.flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    if (!match || !`${match[4]} `.includes(` ${marker} `)) return [];
    const [pid, parent, group] = match.slice(1, 4).map(Number) as [number, number, number];
    return [{ pid, parent, group, command: match[4]!.split(' ').slice(0, 4).join(' ') }];
  });
}

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly startTime: string;
}

function readStat(pid: number): Stat | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command, in parentheses, may hold blanks and parentheses itself: count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, parent: Number(fields[1]), group: Number(fields[2]), startTime: fields[19]! };
}

/** A process may end, or belong to someone else, between listing and reading. */
function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
