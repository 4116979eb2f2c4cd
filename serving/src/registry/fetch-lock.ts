import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { isProvablyDead, OWNER_NAME } from './owner.js';
import { touchedMs } from './touched.js';

/** How a holder shows that it is alive, and how others look. */
export interface FetchLockTiming {
  /** The holder touches its lock this often. */
  readonly heartbeatMs: number;
  /** A lock that nobody has touched for this long, as somebody who waits for it has watched, is taken over. */
  readonly staleMs: number;
  readonly pollMs: number;
}

const TIMING: FetchLockTiming = { heartbeatMs: 2_000, staleMs: 20_000, pollMs: 100 };

function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}

/**
 * A lock file, so that of several processes with one cache only one downloads a package and the others wait for it.
 *
 * It saves work and nothing else: whoever downloads does so into a folder of its own, so that two who both believe
 * that they hold the lock are slower, not wrong. That is why a file and a heartbeat will do. Time is never compared
 * between hosts: who waits sees whether the file changes, by its own clock.
 */
export class FetchLock {
  readonly #path: string;
  readonly #timing: FetchLockTiming;

  constructor(path: string, timing: FetchLockTiming = TIMING) {
    this.#path = path;
    this.#timing = timing;
  }

  /** @returns how to give it back, or undefined while somebody else holds it */
  async tryAcquire(): Promise<(() => Promise<void>) | undefined> {
    const holder = `${OWNER_NAME}-${randomBytes(4).toString('hex')}`;
    try {
      await writeFile(this.#path, holder, { flag: 'wx' });
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return undefined;
      throw error;
    }
    const heartbeat = setInterval(() => {
      const now = new Date();
      utimes(this.#path, now, now).catch(() => {
        // Somebody took it over, or the disk fails and the download with it.
      });
    }, this.#timing.heartbeatMs);
    heartbeat.unref();
    return async () => {
      clearInterval(heartbeat);
      if ((await this.#holder()) === holder) await rm(this.#path, { force: true });
    };
  }

  /** Resolves when nobody holds the lock any more: it was given back, or its holder is dead. */
  async released(): Promise<void> {
    const { staleMs, pollMs } = this.#timing;
    let seen: number | undefined;
    let seenSince = 0;
    for (;;) {
      const holder = await this.#holder();
      const touched = await touchedMs(this.#path);
      if (holder === undefined || touched === undefined) return;
      const now = performance.now();
      if (touched !== seen) {
        seen = touched;
        seenSince = now;
      }
      const isDead = isProvablyDead(ownerOf(holder)) || now - seenSince >= staleMs;
      if (isDead && (await this.#takeFrom(holder))) return;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /**
   * Takes the lock away from a holder that is dead.
   * @returns false when somebody was faster and it is another's now
   */
  async #takeFrom(holder: string): Promise<boolean> {
    const aside = `${this.#path}.${OWNER_NAME}-${randomBytes(4).toString('hex')}`;
    try {
      await rename(this.#path, aside);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return true;
      throw error;
    }
    const isTheirs = (await readFile(aside, 'utf8')) === holder;
    if (isTheirs) await rm(aside, { force: true });
    else await rename(aside, this.#path);
    return isTheirs;
  }

  /** undefined when nobody holds it. */
  async #holder(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }
}

/** The process of a name that has a random part behind it. */
export function ownerOf(name: string): string {
  return name.slice(0, name.lastIndexOf('-'));
}
