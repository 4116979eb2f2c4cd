import { destination, pino, stdTimeFunctions, type Logger } from 'pino';

/**
 * Lines are written whole: a pipe takes writes of up to this many bytes at once (PIPE_BUF), and the workers of a
 * replica share one.
 */
const MAX_WRITE_BYTES = 4_096;

/**
 * JSON lines on standard output, written outside the event loop: a reader that is slow holds up no request. While
 * one write is under way, lines gather for the next. An exit of the process writes what is still in memory; a SIGKILL
 * loses it.
 */
export function createProcessLog(
  level: string,
  bindings: Readonly<Record<string, unknown>> | null = null,
): Logger {
  const stream = destination({ dest: 1, sync: false, maxWrite: MAX_WRITE_BYTES });
  return pino({ level, base: bindings, timestamp: stdTimeFunctions.isoTime }, stream);
}
