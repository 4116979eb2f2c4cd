import { earlyRefusals } from '../api/early-refusal.js';
import { listen } from '../api/http-server.js';
import { ConfigError, readStreamConfig } from '../config.js';
import { messageOf } from '../errors.js';
import { createMetricsRegistry } from '../metrics/registry.js';
import { RequestMetrics } from '../metrics/requests.js';
import { createProcessLog } from '../observability/log.js';
import { stopOnSignals } from '../stop-signals.js';
import { streamApp } from './stream-app.js';
import { Stream } from './stream.js';

const CLOSE_MS = 1_000;

/** Scores a Kafka topic of applications by asking the serving tier. A process of its own, beside the tier. */
async function main(): Promise<void> {
  const { stream: settings, logLevel } = readStreamConfig();
  const log = createProcessLog(logLevel);
  const registry = createMetricsRegistry();
  const metrics = new RequestMetrics(registry);
  const stream = new Stream(settings, registry, log);
  const context = { champion: () => undefined, metrics, log };
  const app = streamApp(context, { isReady: () => stream.isReady }, registry);
  const server = await listen(app, settings.host, settings.port, {
    refuse: earlyRefusals(() => undefined, metrics),
  });
  stream.start();
  log.info({ port: server.port, topics: settings.topics, group: settings.groupId }, 'listening');
  stopOnSignals(log, async () => {
    await stream.stop();
    await server.close(CLOSE_MS);
    return 0;
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(error instanceof ConfigError ? 78 : 1);
});
