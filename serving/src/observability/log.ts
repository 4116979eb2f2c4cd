import { destination, pino, stdTimeFunctions, type Logger } from 'pino';

/**
 * Lines are written whole: a pipe takes writes of up to this many bytes at once (PIPE_BUF), and the workers of a
 * replica share one.
 */
const MAX_WRITE_BYTES = 4_096;

/** The log of a process, and the way to have its last lines seen. */
export interface ProcessLog {
  readonly log: Logger;
  /** Writes what is still in memory. An exit of the process does so by itself; a SIGKILL loses it. */
  flush(): void;
}

/**
 * JSON lines on standard output, written outside the event loop: a reader that is slow holds up no request. While
 * one write is under way, lines gather for the next.
 */
export function createProcessLog(
  level: string,
  bindings: Readonly<Record<string, unknown>> | null = null,
): ProcessLog {
  const stream = destination({ dest: 1, sync: false, maxWrite: MAX_WRITE_BYTES });
  const log = pino({ level, base: bindings, timestamp: stdTimeFunctions.isoTime }, stream);
  return {
    log,
    flush() {
      try {
        stream.flushSync();
      } catch {
        // Not open yet: then nothing was written, and the exit of the process does it.
      }
    },
  };
}
