import { complain } from './console.js';
import { down } from './down.js';
import type { Platform } from './platform.js';

/**
 * Takes a platform down on Ctrl-C, of a command that started it for itself: its services are sessions of their own.
 *
 * @returns what stops listening
 */
export function downOnInterrupt(platform: Platform): () => void {
  const handler = (): void => {
    complain('\nInterrupted.');
    void down(platform).finally(() => process.exit(130));
  };
  process.once('SIGINT', handler);
  process.once('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}
