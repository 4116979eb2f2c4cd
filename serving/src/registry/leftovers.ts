import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ownerOf } from './fetch-lock.js';
import { isProvablyDead } from './owner.js';
import { touchedMs } from './touched.js';

/** No download takes as long: what is older was left by a process that is gone, wherever it ran. */
const OLD_MS = 6 * 3_600_000;

async function isOld(path: string, now: Date): Promise<boolean> {
  const touched = await touchedMs(path);
  return touched !== undefined && now.getTime() - touched > OLD_MS;
}

/**
 * Removes what processes that were killed left half-done in a folder. What belongs to a living process, or may,
 * stays.
 *
 * @param ownerIn the owner's name with its random part, out of the name of an entry; undefined for what is no
 *   leftover, however old
 */
export async function removeLeftovers(
  folder: string,
  ownerIn: (name: string) => Promise<string | undefined> | string | undefined,
  now: Date = new Date(),
): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    try {
      const owner = await ownerIn(name);
      if (owner === undefined) continue;
      if (isProvablyDead(ownerOf(owner)) || (await isOld(path, now))) {
        await rm(path, { recursive: true, force: true });
      }
    } catch (error) {
      // Its owner was alive, and has finished meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** Behind the last dot of a name, as temporary files have it. */
export function ownerBehindDot(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The content of a lock file, or behind the dot of one that was put aside. */
export async function ownerOfLock(folder: string, name: string): Promise<string> {
  return name.includes('.') ? ownerBehindDot(name) : readFile(join(folder, name), 'utf8');
}
