import cluster, { type Worker } from 'node:cluster';
import { createServer } from 'node:net';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { listenManagement } from './management.js';
import { createMetricsRegistry } from './metrics/registry.js';
import { RequestMetrics } from './metrics/requests.js';
import { stopOnSignals } from './stop-signals.js';
import type { ToPrimary } from './workers/messages.js';
import { StartFailed, WorkerPool, type Exit, type WorkerEvents } from './workers/worker-pool.js';
import type { WorkerProcess } from './workers/worker-link.js';

/** Beyond the time that a worker gives its requests: to write the last of the prediction log and to export the last spans (three seconds each at most), to end, and to be seen to have ended. */
const STOP_GRACE_MS = 7_000;

/**
 * A replica of several worker processes behind one public port and one for gRPC. This process accepts the connections
 * and hands them round; it has the management port, and neither models nor requests of clients.
 *
 * Ends the process by itself: when it is told to stop, when the first worker can't start, and when workers end again
 * and again.
 */
export async function runPrimary(config: Config, log: Logger): Promise<void> {
  // Ports that are to be chosen are chosen once, so that replacements find them again.
  const port = await chosenPort(config.host, config.port);
  const grpcPort = await chosenPort(config.host, config.grpcPort);
  const metricsRegistry = createMetricsRegistry();
  cluster.setupPrimary({ serialization: 'advanced' });
  const pool = new WorkerPool(
    {
      count: config.workers.count,
      max: config.workers.max,
      models: config.models,
      hangTimeoutMs: config.workers.hangTimeoutMs,
      stopTimeoutMs: config.shutdownDelayMs + config.shutdownTimeoutMs + STOP_GRACE_MS,
    },
    (events) => forkWorker({ PORT: String(port), GRPC_PORT: String(grpcPort) }, events),
    (exit) => {
      void pool.stop().then(() => process.exit(exitCodeOf(exit)));
    },
    log,
    metricsRegistry,
  );
  const management = await listenManagement(config, log, pool, new RequestMetrics(metricsRegistry));
  stopOnSignals(log, async () => {
    const inTime = await pool.stop();
    await management.close(0);
    return inTime ? 0 : 1;
  });
  try {
    await pool.start();
  } catch (error) {
    if (error instanceof StartFailed) process.exit(exitCodeOf(error.exit));
    throw error;
  }
  log.info(
    { port, grpc_port: grpcPort, management_port: management.port, workers: config.workers.count },
    'listening',
  );
}

function exitCodeOf({ code }: Exit): number {
  return code === null || code === 0 ? 1 : code;
}

function forkWorker(environment: Readonly<Record<string, string>>, events: WorkerEvents): WorkerProcess {
  const worker = cluster.fork(environment);
  worker.on('message', (message: ToPrimary) => {
    events.received(message);
  });
  worker.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
    events.ended({ code, signal: code === null ? signal : null });
  });
  // What can't be sent any more is answered by the end of the process.
  worker.on('error', () => undefined);
  return {
    id: worker.id,
    pid: worker.process.pid ?? 0,
    send(message) {
      if (canTalk(worker)) worker.send(message, () => undefined);
    },
    kill(signal) {
      worker.process.kill(signal);
    },
  };
}

function canTalk(worker: Worker): boolean {
  return worker.isConnected() && !worker.isDead();
}

/** @returns the port, or one that is free where any will do */
async function chosenPort(host: string, port: number): Promise<number> {
  if (port !== 0) return port;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : port;
}
