import cluster from 'node:cluster';
import { ConfigError, readConfig } from './config.js';
import { messageOf } from './errors.js';
import { createProcessLog } from './observability/log.js';
import { stopOnSignals } from './stop-signals.js';

/** Start: configuration, ports, model. Stop, on SIGTERM or SIGINT: not ready, requests in flight, model, ports. */
async function main(): Promise<void> {
  const config = readConfig();
  const worker = cluster.worker && { worker: cluster.worker.id, pid: process.pid };
  const log = createProcessLog(config.logLevel, worker ?? null);
  process.on('unhandledRejection', (reason) => {
    log.fatal({ cause: messageOf(reason) }, 'unhandled rejection: a bug; stopping so that it is seen');
    process.exit(70);
  });
  // Each process loads what it needs: a primary has no use for the ONNX runtime.
  if (cluster.isWorker) {
    const { runWorker } = await import('./worker-process.js');
    await runWorker(config, log, fail);
  } else if (config.workers.count > 1) {
    const { runPrimary } = await import('./primary-process.js');
    await runPrimary(config, log);
  } else {
    const { startServingTier } = await import('./serving-tier.js');
    const tier = await startServingTier(config, log);
    stopOnSignals(log, async () => {
      await tier.stop();
      return 0;
    });
  }
}

/** One line for whoever reads the log of a container that does not start. */
function fail(error: unknown): void {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(error instanceof ConfigError ? 78 : 1);
}

main().catch(fail);
