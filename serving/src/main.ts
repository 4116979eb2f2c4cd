import { pino } from 'pino';
import { ConfigError, readConfig } from './config.js';
import { messageOf } from './errors.js';
import { startServingTier } from './serving-tier.js';

/** Start: configuration, ports, model. Stop, on SIGTERM or SIGINT: not ready, requests in flight, model, ports. */
async function main(): Promise<void> {
  const config = readConfig();
  const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  process.on('unhandledRejection', (reason) => {
    log.fatal({ cause: messageOf(reason) }, 'unhandled rejection: a bug; stopping so that it is seen');
    process.exit(70);
  });
  const tier = await startServingTier(config, log);
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, 'stopping');
      void tier.stop().then(() => {
        log.info('stopped');
        process.exit(0);
      });
    });
  }
}

main().catch((error: unknown) => {
  // One line for whoever reads the log of a container that does not start.
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(error instanceof ConfigError ? 78 : 1);
});
