import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { RequestError } from '../errors.js';
import type { RequestMetrics } from '../metrics/requests.js';
import type { InferenceRequest, PredictionService } from '../prediction/prediction-service.js';
import type { ServableId } from '../servables/servable.js';
import { logFailure, PROBLEM_TYPE, toProblem, toRequestError } from './problem.js';
import type { Protocol, Reply, Target } from './protocols/protocol.js';
import { replyHeaders, requestIdOf } from './reply-headers.js';
import { readBody } from './request-body.js';

const LINGER_MS = 2_000;
/** Asks for exactly this version, in every protocol; a version in the path says the same. */
const VERSION_HEADER = 'x-model-version';

export interface InferenceLaneOptions {
  readonly maxBodyBytes: number;
}

/** A request that one of the protocols claims. */
export interface Claim {
  readonly protocol: Protocol;
  readonly target: Target;
}

/**
 * Reads and drops what the client is still sending, for a while: a connection that is closed on unread data is
 * reset, and the client would lose the answer that says why.
 *
 * @param close ends the answer, upon which Node closes the connection
 */
function discardRest(request: IncomingMessage, close: () => void): void {
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  request.on('end', close);
  request.on('close', () => {
    clearTimeout(timer);
  });
  request.resume();
}

/** @throws {RequestError} INVALID_REQUEST when header and path name different versions */
function pinned(request: IncomingMessage, inference: InferenceRequest): InferenceRequest {
  const header = request.headers[VERSION_HEADER];
  if (typeof header !== 'string' || header === inference.version) return inference;
  if (inference.version !== undefined) {
    throw new RequestError(
      'INVALID_REQUEST',
      `The path and the header ${VERSION_HEADER} name different versions`,
    );
  }
  return { ...inference, version: header };
}

/**
 * Predictions on plain node:http. Express's routing and its request and response wrappers cost several times what
 * the rest of a prediction does, so these routes are answered before Express sees the request.
 */
export class InferenceLane {
  readonly #protocols: readonly Protocol[];
  readonly #service: PredictionService;
  readonly #champion: () => ServableId | undefined;
  readonly #metrics: RequestMetrics;
  readonly #log: Logger;
  readonly #options: InferenceLaneOptions;

  constructor(
    protocols: readonly Protocol[],
    service: PredictionService,
    champion: () => ServableId | undefined,
    metrics: RequestMetrics,
    log: Logger,
    options: InferenceLaneOptions,
  ) {
    this.#protocols = protocols;
    this.#service = service;
    this.#champion = champion;
    this.#metrics = metrics;
    this.#log = log;
    this.#options = options;
  }

  /** Whether a request belongs here, whatever its method: a wrong one gets an answer about the route. */
  claim(request: IncomingMessage): Claim | undefined {
    const url = request.url ?? '';
    const query = url.indexOf('?');
    const path = query === -1 ? url : url.slice(0, query);
    for (const protocol of this.#protocols) {
      const target = protocol.match(path);
      if (target !== undefined) return { protocol, target };
    }
    return undefined;
  }

  /** Answers; never rejects. */
  async handle(
    { protocol, target }: Claim,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const requestId = requestIdOf(request);
    try {
      if (request.method !== 'POST') {
        response.setHeader('allow', 'POST');
        throw new RequestError('METHOD_NOT_ALLOWED', 'Expected POST');
      }
      const body = await readBody(request, this.#options.maxBodyBytes);
      const exchange = protocol.read(request, body, target);
      const prediction = await this.#service.predict(pinned(request, exchange.request));
      this.#answer(response, requestId, prediction.servable, exchange.reply(prediction, requestId));
      this.#metrics.succeeded(protocol.route);
    } catch (error) {
      this.#refuse(protocol, request, response, requestId, toRequestError(error));
    }
  }

  #answer(
    response: ServerResponse,
    requestId: string,
    servable: ServableId,
    { contentType, body, headers }: Reply,
  ): void {
    response.writeHead(200, {
      ...replyHeaders(servable, requestId),
      ...headers,
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }

  #refuse(
    protocol: Protocol,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    error: RequestError,
  ): void {
    this.#metrics.refused(protocol.route, error.status, error.code);
    logFailure(this.#log, error, requestId);
    if (response.destroyed) return;
    const body = JSON.stringify({
      ...toProblem(error, requestId),
      ...(protocol.errorMember !== undefined && { [protocol.errorMember]: error.message }),
    });
    // A body that was not read to its end would be taken for the next request: such a connection is given up.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(error.status, {
      ...replyHeaders(this.#champion(), requestId),
      'content-type': PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
    });
    if (request.complete) {
      response.end(body);
      return;
    }
    // Complete to the client by its length.
    response.write(body);
    discardRest(request, () => {
      response.end();
    });
  }
}
