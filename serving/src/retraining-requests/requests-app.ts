import { createHash, timingSafeEqual } from 'node:crypto';
import type { Express } from 'express';
import type { Registry } from 'prom-client';
import { expressPipeline, onlyMethods, type PipelineContext } from '../api/express-pipeline.js';
import { addHealthRoutes } from '../api/health-routes.js';
import { PROBLEM_TYPE } from '../api/problem.js';
import { readBody, requireJson } from '../api/request-body.js';
import { RequestError } from '../errors.js';
import { RetrainingRequestMetrics } from '../metrics/retraining-requests.js';
import { AirflowError } from './airflow-assets.js';
import { alertNotification, causeOf, type RetrainingCause } from './alert-notification.js';
import type { RetrainingRequest } from './request-retraining.js';

const MAX_BODY_BYTES = 1024 * 1024;
/** No failure of the serving tier, and therefore none of its codes. */
const AIRFLOW_UNAVAILABLE = {
  type: 'urn:model-serving:problem:airflow-unavailable',
  title: 'Airflow did not take the request; the log says why',
  status: 503,
  code: 'AIRFLOW_UNAVAILABLE',
};

export interface RequestsAppOptions {
  /** What Alertmanager has to bring in `authorization: Bearer ...`. */
  readonly token: string;
  readonly request: (cause: RetrainingCause) => Promise<RetrainingRequest>;
  /** What Prometheus sees. */
  readonly registry: Registry;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** One route for Alertmanager, one for Prometheus, and health. */
export function requestsApp(
  context: PipelineContext,
  { token, request, registry }: RequestsAppOptions,
): Express {
  const metrics = new RetrainingRequestMetrics(registry);
  return expressPipeline(context, (app) => {
    addHealthRoutes(app, { isReady: () => true });

    app
      .route('/metrics')
      .get(async (_incoming, response) => {
        response.type(registry.contentType).send(await registry.metrics());
      })
      .all(onlyMethods('GET'));

    app
      .route('/webhooks/alertmanager')
      .post(async (incoming, response) => {
        const given = /^Bearer (.+)$/.exec(incoming.get('authorization') ?? '')?.[1] ?? '';
        // Hashes are of one length, so the comparison tells nothing about the token's.
        if (!timingSafeEqual(sha256(given), sha256(token))) {
          throw new RequestError(
            'UNAUTHORIZED',
            'Expected the header authorization: Bearer <RETRAINING_REQUEST_TOKEN>',
          );
        }
        requireJson(incoming);
        const cause = causeOf(parsed(await readBody(incoming, MAX_BODY_BYTES)));
        if (cause === undefined) {
          response.status(200).json({ requested: false, reason: 'no alert is firing' });
          return;
        }
        try {
          const result = await request(cause);
          metrics.count(result.requested ? 'requested' : 'declined');
          context.log.info({ ...result, source: cause.source }, 'retraining request');
          response.status(result.requested ? 202 : 200).json(result);
        } catch (error) {
          if (!(error instanceof AirflowError)) throw error;
          metrics.count('airflow_unavailable');
          context.log.error({ cause: error.message }, 'a retraining could not be requested');
          // Alertmanager tries again after an answer of 5xx.
          response.status(503).type(PROBLEM_TYPE).send(JSON.stringify(AIRFLOW_UNAVAILABLE));
        }
      })
      .all(onlyMethods('POST'));
  });
}

function parsed(body: Buffer) {
  let document: unknown;
  try {
    document = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new RequestError('INVALID_JSON', 'The body is not JSON', [], { cause });
  }
  const result = alertNotification.safeParse(document);
  if (result.success) return result.data;
  throw new RequestError(
    'INVALID_REQUEST',
    'Expected a notification as Alertmanager sends it to webhooks, version 4',
    result.error.issues.map(({ path, message }) => ({
      path: `/${path.join('/')}`,
      expected: message,
      found: 'something else',
    })),
  );
}
