import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { bold, complain, dim, green, say, seconds } from './console.js';
import { isDiskFull, PlatformFailure } from './failure.js';
import type { ProcessEntry, ProcessTable } from './process-table.js';
import type { Service } from './service.js';
import { waitUntil } from './wait-until.js';

/** Starts a service unless it runs already, and returns when it works. */
export async function ensureRunning(
  service: Service,
  processes: ProcessTable,
  timeoutMs: number,
): Promise<void> {
  const began = Date.now();
  let entry = processes.running(service.name);
  if (entry) {
    say(`${bold(service.name)} runs already ${dim(`(pid ${entry.pid})`)}`);
  } else {
    service.prepare();
    entry = await processes.start(service.name, service.command());
    say(
      `${bold(service.name)} starting ${dim(`(pid ${entry.pid}, log ${processes.logFile(service.name)})`)}`,
    );
  }
  // Also of one that runs already: by another version of this program, it may have been started without.
  if (service.scrape) processes.scrapeTargets.add(service.name, service.scrape);
  await untilWorking(service, entry, processes, timeoutMs);
  say(`${bold(service.name)} ${green('works')} ${service.url} ${dim(seconds(Date.now() - began))}`);
}

async function untilWorking(
  service: Service,
  entry: ProcessEntry,
  processes: ProcessTable,
  timeoutMs: number,
): Promise<void> {
  const state = { waitingFor: 'its first answer' };
  try {
    await waitUntil(
      async () => {
        if (!processes.running(service.name))
          throw new PlatformFailure(`${service.name} ended while it was starting.`);
        const missing = await service.missing(entry);
        if (missing === undefined) return true;
        state.waitingFor = missing;
        return undefined;
      },
      { what: service.name, timeoutMs, intervalMs: 300 },
    );
  } catch (error) {
    throw startFailure(
      service,
      processes,
      `${(error as Error).message} (still missing: ${state.waitingFor})`,
      error,
    );
  }
}

function startFailure(
  service: Service,
  processes: ProcessTable,
  message: string,
  cause: unknown,
): PlatformFailure {
  const log = processes.logFile(service.name);
  const lines = lastLines(log, 20);
  complain(`\n--- last lines of ${log}`);
  for (const line of lines) complain(`    ${line}`);
  complain('---');
  return isDiskFull(lines.join('\n'))
    ? new PlatformFailure(
        `${service.name} did not start: the disk is full.`,
        'Free some space, then `make up` again.',
        { cause },
      )
    : new PlatformFailure(
        message,
        `Read \`make logs SERVICE=${service.name}\`. What runs, goes on running: \`make up\` tries again, \`make down\` stops it.`,
        { cause },
      );
}

/** The end of a file, read from its end: a log may be large. */
export function lastLines(file: string, count: number): string[] {
  if (!existsSync(file)) return [];
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, 64 * 1024));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-count);
  } finally {
    closeSync(descriptor);
  }
}
