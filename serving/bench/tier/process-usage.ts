import { readdir, readFile } from 'node:fs/promises';

/** Microseconds in the unit in which the kernel accounts CPU time. */
const TICK_US = 10_000;
const PAGE_BYTES = 4_096;

/** What a process and everything that it started have used. */
export interface Usage {
  /** User and system time, in microseconds. */
  readonly cpuUs: number;
  readonly rssBytes: number;
}

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly cpuUs: number;
  readonly rssBytes: number;
}

/** One line of /proc/PID/stat; the name of the command may hold spaces and brackets. */
function parseStat(text: string): Entry {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (position: number) => Number(fields[position - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: number(4),
    cpuUs: (number(14) + number(15)) * TICK_US,
    rssBytes: number(24) * PAGE_BYTES,
  };
}

/**
 * Reads the accounting of a process and its descendants, worker processes for example, from /proc.
 *
 * @throws when the process is gone
 */
export async function usageOf(pid: number): Promise<Usage> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = new Map<number, Entry>();
  for (const name of names) {
    // A process may end between the listing and the reading.
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined);
    if (text !== undefined) entries.set(Number(name), parseStat(text));
  }
  if (!entries.has(pid)) throw new Error(`Process ${pid} is gone`);
  const belongs = ({ pid: own, parent }: Entry): boolean => {
    if (own === pid) return true;
    const above = entries.get(parent);
    return above !== undefined && belongs(above);
  };
  const ours = [...entries.values()].filter(belongs);
  return {
    cpuUs: ours.reduce((sum, { cpuUs }) => sum + cpuUs, 0),
    rssBytes: ours.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  };
}
