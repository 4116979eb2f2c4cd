import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type Express, type RequestHandler } from 'express';
import type { Registry } from 'prom-client';
import { RequestError } from '../errors.js';
import type { WebhookVerifier } from '../registry/webhook-signature.js';
import { expressPipeline, onlyMethods, type PipelineContext } from './express-pipeline.js';
import { addHealthRoutes, type Health } from './health-routes.js';
import type { StatusReport } from './status-report.js';

const MAX_WEBHOOK_BYTES = 256 * 1024;

export interface ManagementOptions {
  readonly health: Health;
  readonly metricsRegistry: Registry;
  readonly status: () => StatusReport;
  /** Looks at the alias at once. Not awaited by the routes: a download may take longer than a caller waits. */
  readonly hurry: () => void;
  readonly forgetFailures: () => void;
  /** undefined: the route is off. */
  readonly webhooks: WebhookVerifier | undefined;
  readonly adminToken: string | undefined;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function requireToken(token: string | undefined): RequestHandler {
  return (request, _response, next) => {
    if (token === undefined) {
      throw new RequestError('FEATURE_DISABLED', 'Admin routes are off; set ADMIN_TOKEN to switch them on');
    }
    const given = /^Bearer (.+)$/.exec(request.get('authorization') ?? '')?.[1] ?? '';
    // Hashes are of one length, so the comparison tells nothing about the token's.
    if (!timingSafeEqual(sha256(given), sha256(token))) {
      throw new RequestError('UNAUTHORIZED', 'Expected the header authorization: Bearer <ADMIN_TOKEN>');
    }
    next();
  };
}

/** Metrics, status, admin and webhooks: for operators and the registry, never for clients. */
export function managementApp(context: PipelineContext, options: ManagementOptions): Express {
  const { health, metricsRegistry, status, hurry, forgetFailures, webhooks, adminToken } = options;
  return expressPipeline(context, (app) => {
    addHealthRoutes(app, health);

    app
      .route('/status')
      .get((_request, response) => {
        response.json(status());
      })
      .all(onlyMethods('GET'));

    app
      .route('/metrics')
      .get(async (_request, response) => {
        response.type(metricsRegistry.contentType).send(await metricsRegistry.metrics());
      })
      .all(onlyMethods('GET'));

    app
      .route('/admin/reload')
      .post(requireToken(adminToken), (_request, response) => {
        forgetFailures();
        hurry();
        response.status(202).json({ status: 'accepted' });
      })
      .all(onlyMethods('POST'));

    app
      .route('/webhooks/mlflow')
      .post(
        express.raw({ type: () => true, limit: MAX_WEBHOOK_BYTES, inflate: false }),
        (request, response) => {
          if (webhooks === undefined) {
            throw new RequestError(
              'FEATURE_DISABLED',
              'Webhooks are off; set MLFLOW_WEBHOOK_SECRET to switch them on',
            );
          }
          const body: unknown = request.body;
          webhooks.verify(
            {
              signature: request.get('x-mlflow-signature'),
              deliveryId: request.get('x-mlflow-delivery-id'),
              timestamp: request.get('x-mlflow-timestamp'),
            },
            Buffer.isBuffer(body) ? body : Buffer.alloc(0),
          );
          hurry();
          response.status(202).json({ status: 'accepted' });
        },
      )
      .all(onlyMethods('POST'));
  });
}
