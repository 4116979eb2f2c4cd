import type { Express } from 'express';
import { RequestError } from '../errors.js';
import type { TrafficPolicyWriter } from '../registry/traffic-policy-writer.js';
import type { WebhookVerifier } from '../registry/webhook-signature.js';
import { DriftMetrics } from '../metrics/drift.js';
import type { DriftReport } from '../quality/drift-judge.js';
import { requireAdminToken } from './access/admin-token.js';
import type { ManagementAccessSettings } from './access/access-settings.js';
import { requireManagementAccess } from './access/management-access.js';
import { addConsoleRoutes } from './console-routes.js';
import type { TrafficHistory } from './console/traffic-history.js';
import { driftAnswer } from './drift-answer.js';
import { expressPipeline, onlyMethods, type PipelineContext } from './express-pipeline.js';
import { addHealthRoutes } from './health-routes.js';
import type { Replica } from './replica.js';
import { readBody, requireIdentityEncoding, requireJson } from './request-body.js';
import { addTrafficRoutes } from './traffic-routes.js';
import { readWorkerCount } from './worker-count.js';

const MAX_WEBHOOK_BYTES = 256 * 1024;
const MAX_ADMIN_BYTES = 1024;

export interface ManagementOptions {
  readonly replica: Replica;
  readonly drift: () => Promise<DriftReport>;
  readonly traffic: Pick<TrafficHistory, 'report'>;
  readonly policies: Pick<TrafficPolicyWriter, 'write' | 'remove'>;
  readonly modelNames: readonly [string, ...string[]];
  /** undefined: the route is off. */
  readonly webhooks: WebhookVerifier | undefined;
  readonly adminToken: string | undefined;
  readonly access: ManagementAccessSettings;
}

/** Console, metrics, status, admin and webhooks: for operators and the registry, never for clients. */
export function managementApp(context: PipelineContext, options: ManagementOptions): Express {
  const { replica, drift, traffic, policies, modelNames, webhooks, adminToken, access } = options;
  const driftMetrics = new DriftMetrics();
  return expressPipeline(context, (app) => {
    app.use(requireManagementAccess(access));
    addHealthRoutes(app, replica);
    addConsoleRoutes(app, traffic);

    app
      .route('/status')
      .get(async (_request, response) => {
        response.json(await replica.status());
      })
      .all(onlyMethods('GET'));

    app
      .route('/metrics')
      .get(async (_request, response) => {
        const [metrics, report] = await Promise.all([replica.metrics(), drift()]);
        const texts = await Promise.all([metrics.metrics(), driftMetrics.text(report)]);
        response.type(metrics.contentType).send(texts.join(''));
      })
      .all(onlyMethods('GET'));

    app
      .route('/drift')
      .get(async (_request, response) => {
        response.json(driftAnswer(await drift()));
      })
      .all(onlyMethods('GET'));

    addTrafficRoutes(app, { replica, policies, modelNames, adminToken });

    app
      .route('/admin/reload')
      .post(requireAdminToken(adminToken), (_request, response) => {
        replica.broadcast('forgetFailures');
        replica.broadcast('hurry');
        response.status(202).json({ status: 'accepted' });
      })
      .all(onlyMethods('POST'));

    app
      .route('/admin/workers')
      .put(requireAdminToken(adminToken), async (request, response) => {
        const { maxWorkers } = replica;
        if (maxWorkers === undefined) {
          throw new RequestError(
            'SINGLE_PROCESS',
            'This replica is one process; start it with WORKERS of 2 or more',
          );
        }
        requireJson(request);
        const count = readWorkerCount(await readBody(request, MAX_ADMIN_BYTES), maxWorkers);
        replica.resize(count);
        // Not awaited: a new worker takes requests when it has loaded its models, and an old one finishes its own.
        response.status(202).json({ workers_wanted: count });
      })
      .all(onlyMethods('PUT'));

    app
      .route('/webhooks/mlflow')
      .post(async (request, response) => {
        if (webhooks === undefined) {
          throw new RequestError(
            'FEATURE_DISABLED',
            'Webhooks are off; set MLFLOW_WEBHOOK_SECRET to switch them on',
          );
        }
        requireIdentityEncoding(request);
        // Not Express's parser: it can't pass on what the connection's guard says is wrong with a body.
        const body = await readBody(request, MAX_WEBHOOK_BYTES);
        webhooks.verify(
          {
            signature: request.get('x-mlflow-signature'),
            deliveryId: request.get('x-mlflow-delivery-id'),
            timestamp: request.get('x-mlflow-timestamp'),
          },
          body,
        );
        // Not awaited: a download may take longer than a caller waits.
        replica.broadcast('hurry');
        response.status(202).json({ status: 'accepted' });
      })
      .all(onlyMethods('POST'));
  });
}
