import type { Logger } from 'pino';
import { TrafficHistory } from './api/console/traffic-history.js';
import { earlyRefusals } from './api/early-refusal.js';
import { listen, type RunningServer } from './api/http-server.js';
import { managementApp } from './api/management-app.js';
import type { Replica } from './api/replica.js';
import type { Config } from './config.js';
import type { RequestMetrics } from './metrics/requests.js';
import { DriftJudge } from './quality/drift-judge.js';
import { MlflowRegistry } from './registry/mlflow-registry.js';
import { TrafficPolicyWriter, type PolicyRegistry } from './registry/traffic-policy-writer.js';
import { WebhookVerifier } from './registry/webhook-signature.js';

/**
 * Opens the management port of a replica: in its only process, or in the primary of its workers. Nothing here may
 * need a model or the ONNX runtime, which a primary does without.
 *
 * @param requestMetrics of the process that holds the port
 * @param registry stands in for MLflow in tests
 */
export async function listenManagement(
  config: Config,
  log: Logger,
  replica: Replica,
  requestMetrics: RequestMetrics,
  registry: PolicyRegistry = new MlflowRegistry(config.registry),
): Promise<RunningServer> {
  const context = { champion: () => replica.champion(), metrics: requestMetrics, log };
  const judge = new DriftJudge(config.drift);
  const traffic = new TrafficHistory(() => replica.metrics());
  const [first, ...others] = config.models;
  const app = managementApp(context, {
    replica,
    drift: async () => {
      const answers = await replica.gather('drift');
      return judge.judge(answers.flatMap(({ answer }) => answer ?? []));
    },
    traffic,
    policies: new TrafficPolicyWriter(registry),
    modelNames: [first.name, ...others.map(({ name }) => name)],
    webhooks: config.webhookSecret === undefined ? undefined : new WebhookVerifier(config.webhookSecret),
    adminToken: config.adminToken,
    access: config.access.management,
  });
  const server = await listen(app, config.managementHost, config.managementPort, {
    limits: config.connections.http,
    refuse: earlyRefusals(context.champion, requestMetrics),
  });
  traffic.start();
  return {
    ...server,
    close(timeoutMs) {
      traffic.stop();
      return server.close(timeoutMs);
    },
  };
}
