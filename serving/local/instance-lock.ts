import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PlatformFailure } from './failure.js';
import { startTimeOf } from './process-scan.js';

const holderSchema = z.object({ pid: z.number().int().positive(), startTime: z.string() });

/**
 * Runs something that must not run twice at once for a state folder. The lock of a process that is gone does not
 * count, so nothing has to be cleaned up after a crash.
 * @throws {PlatformFailure} naming the process that holds it
 */
export async function exclusively(stateDir: string, run: () => Promise<void>): Promise<void> {
  const file = path.join(stateDir, 'up.lock');
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  acquire(file);
  try {
    await run();
  } finally {
    rmSync(file, { force: true });
  }
}

function acquire(file: string): void {
  try {
    // Created by one of two at once, never by both.
    const lock = openSync(file, 'wx');
    writeSync(lock, JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }));
    closeSync(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = liveHolder(file);
    if (pid !== undefined) {
      throw new PlatformFailure(
        `\`make up\` is running already (pid ${pid}).`,
        'Wait for it, or end it first.',
      );
    }
    rmSync(file, { force: true });
    acquire(file);
  }
}

function liveHolder(file: string): number | undefined {
  try {
    const { pid, startTime } = holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return startTimeOf(pid) === startTime ? pid : undefined;
  } catch {
    // Half-written by a process that was killed, or gone meanwhile.
    return undefined;
  }
}
