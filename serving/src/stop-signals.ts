import type { Logger } from 'pino';

/**
 * Runs `stop` on the first SIGTERM or SIGINT, and ends the process with the exit code that it resolves to.
 *
 * @returns the same for whoever has another reason; it is run once in any case
 */
export function stopOnSignals(log: Logger, stop: () => Promise<number>): () => void {
  let stopping = false;
  const stopOnce = (signal?: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    void stop().then((exitCode) => {
      log.info('stopped');
      process.exit(exitCode);
    });
  };
  process.on('SIGTERM', stopOnce);
  process.on('SIGINT', stopOnce);
  return stopOnce;
}
