import { Registry } from 'prom-client';
import { ConfigError, readRetrainingRequestsConfig } from '../config.js';
import { earlyRefusals } from '../api/early-refusal.js';
import { listen } from '../api/http-server.js';
import { messageOf } from '../errors.js';
import { createMetricsRegistry } from '../metrics/registry.js';
import { RequestMetrics } from '../metrics/requests.js';
import { createProcessLog } from '../observability/log.js';
import { stopOnSignals } from '../stop-signals.js';
import { AirflowAssets } from './airflow-assets.js';
import { requestRetraining } from './request-retraining.js';
import { requestsApp } from './requests-app.js';

/**
 * Turns alerts into retraining runs: Alertmanager posts, Airflow gets an event of the asset that the retraining DAG
 * waits for. A process of its own, so that no replica of the serving tier can start a training.
 */
async function main(): Promise<void> {
  const config = readRetrainingRequestsConfig();
  const log = createProcessLog(config.logLevel);
  const registry = createMetricsRegistry();
  // Predictions and their refusals: the pipeline counts them, and there are none here to show.
  const metrics = new RequestMetrics(new Registry());
  const assets = new AirflowAssets(config.airflow);
  const app = requestsApp(
    { champion: () => undefined, metrics, log },
    {
      token: config.token,
      registry,
      request: (cause) =>
        requestRetraining(assets, config.asset, cause, { now: Date.now(), cooldownMs: config.cooldownMs }),
    },
  );
  const server = await listen(app, config.host, config.port, {
    refuse: earlyRefusals(() => undefined, metrics),
  });
  log.info({ port: server.port }, 'listening for alerts');
  stopOnSignals(log, async () => {
    await server.close(5_000);
    return 0;
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(error instanceof ConfigError ? 78 : 1);
});
