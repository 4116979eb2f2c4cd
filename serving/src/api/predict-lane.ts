import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { RequestError } from '../errors.js';
import type { RequestMetrics } from '../metrics/requests.js';
import { predictionsJson } from '../prediction/prediction-json.js';
import type { Prediction, PredictionService } from '../prediction/prediction-service.js';
import type { ServableId } from '../servables/servable.js';
import { logFailure, PROBLEM_TYPE, toProblem, toRequestError } from './problem.js';
import { replyHeaders, requestIdOf } from './reply-headers.js';
import { readBody, requireJson } from './request-body.js';

export const PREDICT_ROUTE = '/predict';

export interface PredictLaneOptions {
  readonly maxBodyBytes: number;
}

/** Whether a request belongs here: any method, so that a wrong one gets an answer about /predict. */
export function isPredict(request: IncomingMessage): boolean {
  const { url } = request;
  return url === PREDICT_ROUTE || (url?.startsWith(`${PREDICT_ROUTE}?`) ?? false);
}

function instancesOf(body: Buffer): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's message quotes the body, which does not belong in answers.
    throw new RequestError('INVALID_JSON', 'The body is not JSON');
  }
  const instances: unknown =
    typeof parsed === 'object' && parsed !== null && 'instances' in parsed ? parsed.instances : undefined;
  if (!Array.isArray(instances) || instances.length === 0) {
    throw new RequestError('INVALID_REQUEST', 'Expected {"instances": [...]} with at least one row', [
      {
        path: '/instances',
        expected: 'a list with at least one row',
        found:
          instances === undefined ? 'nothing' : Array.isArray(instances) ? 'an empty list' : typeof instances,
      },
    ]);
  }
  return instances;
}

/**
 * `POST /predict` on plain node:http. Express's routing and its request and response wrappers cost several times
 * what the rest of a prediction does, so this one route is answered before Express sees the request.
 */
export class PredictLane {
  readonly #service: PredictionService;
  readonly #champion: () => ServableId | undefined;
  readonly #metrics: RequestMetrics;
  readonly #log: Logger;
  readonly #options: PredictLaneOptions;

  constructor(
    service: PredictionService,
    champion: () => ServableId | undefined,
    metrics: RequestMetrics,
    log: Logger,
    options: PredictLaneOptions,
  ) {
    this.#service = service;
    this.#champion = champion;
    this.#metrics = metrics;
    this.#log = log;
    this.#options = options;
  }

  /** Answers; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = requestIdOf(request);
    try {
      if (request.method !== 'POST') {
        response.setHeader('allow', 'POST');
        throw new RequestError('METHOD_NOT_ALLOWED', 'Expected POST');
      }
      requireJson(request);
      const instances = instancesOf(await readBody(request, this.#options.maxBodyBytes));
      this.#answer(response, requestId, await this.#service.predict(instances));
    } catch (error) {
      this.#refuse(request, response, requestId, toRequestError(error));
    }
  }

  #answer(response: ServerResponse, requestId: string, { servable, rows, outputs }: Prediction): void {
    const body = `{"predictions":${predictionsJson(outputs, rows)},"model_name":${JSON.stringify(servable.modelName)},"model_version":${JSON.stringify(servable.version)},"request_id":"${requestId}"}`;
    response.writeHead(200, {
      ...replyHeaders(servable, requestId),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
    this.#metrics.succeeded(PREDICT_ROUTE);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, requestId: string, error: RequestError): void {
    this.#metrics.refused(PREDICT_ROUTE, error.status, error.code);
    logFailure(this.#log, error, requestId);
    if (response.destroyed) return;
    const body = JSON.stringify(toProblem(error, requestId));
    // A body that was not read to its end would be taken for the next request: such a connection is given up.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(error.status, {
      ...replyHeaders(this.#champion(), requestId),
      'content-type': PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
    });
    response.end(body, () => {
      if (!request.complete) request.destroy();
    });
  }
}
