import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { RequestError } from '../errors.js';
import type { RequestMetrics } from '../metrics/requests.js';
import type { Prediction, PredictionOrder, PredictionService } from '../prediction/prediction-service.js';
import type { ServableId } from '../servables/servable.js';
import { requireModel, type AccessControl, type Caller } from './access/caller.js';
import type { BodyBudget, BodyLease } from './body-budget.js';
import type { BulkCodec } from './bulk/bulk-codec.js';
import type { Observation, RequestObserver } from './observation.js';
import { logFailure, PROBLEM_TYPE, refusalHeaders, toProblem, toRequestError } from './problem.js';
import type { Protocol, Reply, Target } from './protocols/protocol.js';
import { replyHeaders, requestIdOf } from './reply-headers.js';
import { bodyIsOutstanding, readBody } from './request-body.js';
import { requestedVersion, VERSION_HEADER } from './requested-version.js';
import { ALIAS_HEADER, requestedAlias, TRAFFIC_KEY_HEADER, trafficKeyOf } from './traffic-headers.js';

const LINGER_MS = 2_000;
/** How long the client waits for the answer, in milliseconds. */
const TIMEOUT_HEADER = 'x-request-timeout-ms';
const MAX_TIMEOUT_MS = 3_600_000;

/** What the lane works with. */
export interface InferenceLaneContext {
  readonly service: PredictionService;
  readonly champion: () => ServableId | undefined;
  /** Answers where a request names no model. */
  readonly defaultModel: string;
  readonly access: AccessControl;
  readonly metrics: RequestMetrics;
  readonly log: Logger;
  readonly maxBodyBytes: number;
  /** What the bodies of all requests may hold together. */
  readonly bodies: BodyBudget;
  /** undefined: nothing is watched. */
  readonly observer?: RequestObserver | undefined;
  /** Reads large bodies and writes their answers on another thread; undefined: all of it is done on this one. */
  readonly bulk?: BulkCodec | undefined;
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

/**
 * @param started `performance.now()` when the request arrived
 * @throws {RequestError} INVALID_REQUEST
 */
function deadlineOf({ headers }: IncomingMessage, started: number): number {
  const header = headers[TIMEOUT_HEADER];
  if (header === undefined) return Infinity;
  const timeoutMs = Number(header);
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new RequestError(
      'INVALID_REQUEST',
      `Expected ${TIMEOUT_HEADER} to be a number of milliseconds from 1 to ${MAX_TIMEOUT_MS}`,
    );
  }
  return started + timeoutMs;
}

/**
 * Predictions on plain node:http. Express's routing and its request and response wrappers cost several times what
 * the rest of a prediction does, so these routes are answered before Express sees the request.
 */
export class InferenceLane {
  readonly #protocols: readonly Protocol[];
  readonly #context: InferenceLaneContext;

  constructor(protocols: readonly Protocol[], context: InferenceLaneContext) {
    this.#protocols = protocols;
    this.#context = context;
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
    const { service, access, defaultModel, metrics, observer, maxBodyBytes, bodies } = this.#context;
    const started = performance.now();
    const requestId = requestIdOf(request);
    const observation = observer?.begin(protocol.route, request.headers, request.method);
    let caller: Caller | undefined;
    let lease: BodyLease | undefined;
    try {
      if (request.method !== 'POST') {
        response.setHeader('allow', 'POST');
        throw new RequestError('METHOD_NOT_ALLOWED', 'Expected POST');
      }
      const identified = access.identify(protocol.route, request.headers, request.socket.remoteAddress);
      caller = identified instanceof Promise ? await identified : identified;
      requireModel(caller, target.model ?? defaultModel);
      const order = {
        model: target.model,
        version: requestedVersion(target.version, request.headers[VERSION_HEADER]),
        alias: requestedAlias(request.headers[ALIAS_HEADER]),
        trafficKey: trafficKeyOf(request.headers[TRAFFIC_KEY_HEADER]),
        requestId,
        client: caller.id,
        deadline: deadlineOf(request, started),
      };
      service.checkAdmission(caller.id);
      observation?.stage?.('read');
      lease = bodies.lease(request.headers);
      const body = await readBody(request, maxBodyBytes, lease);
      const { prediction, reply } = await this.#predict(
        protocol,
        order,
        request,
        body,
        requestId,
        observation,
      );
      this.#answer(response, requestId, prediction.servable, reply, observation);
      metrics.succeeded(protocol.route);
      observation?.finish({
        status: 200,
        code: 'ok',
        requestId,
        servable: prediction.servable,
        rows: prediction.to - prediction.from,
        caller,
      });
    } catch (thrown) {
      const error = toRequestError(thrown);
      this.#refuse(protocol, request, response, requestId, error, observation);
      observation?.finish({
        status: error.status,
        code: error.code,
        requestId,
        servable: undefined,
        rows: undefined,
        caller,
        cause: error.cause,
      });
    } finally {
      // Rows may be views of the body until they are computed.
      lease?.release();
    }
  }

  async #predict(
    protocol: Protocol,
    order: PredictionOrder,
    request: IncomingMessage,
    body: Buffer,
    requestId: string,
    observation: Observation | undefined,
  ): Promise<{ readonly prediction: Prediction; readonly reply: Reply }> {
    const { service, bulk } = this.#context;
    if (bulk !== undefined && body.length > bulk.threshold) {
      return bulk.predict(order, { protocol, head: request, body, requestId });
    }
    observation?.stage?.('encode');
    const exchange = protocol.read(request, body);
    observation?.stage?.('run');
    const prediction = await service.predict(order, exchange.request);
    observation?.stage?.('write');
    return { prediction, reply: exchange.reply(prediction, requestId) };
  }

  #answer(
    response: ServerResponse,
    requestId: string,
    servable: ServableId,
    { contentType, body, headers }: Reply,
    observation: Observation | undefined,
  ): void {
    const bytes = Buffer.byteLength(body);
    // A flat list of names and values: Node takes it as it is.
    const list = [
      'x-model-version',
      servable.version,
      'x-model-digest',
      servable.digest,
      'x-request-id',
      requestId,
      'content-type',
      contentType,
      'content-length',
      String(bytes),
    ];
    for (const more of [headers, observation?.replyHeaders]) {
      for (const name in more) list.push(name, more[name]!);
    }
    response.writeHead(200, list);
    // Text of one byte a character is written without looking at each.
    if (typeof body === 'string' && body.length === bytes) response.end(body, 'latin1');
    else response.end(body);
  }

  #refuse(
    protocol: Protocol,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    error: RequestError,
    observation: Observation | undefined,
  ): void {
    const { metrics, log, champion } = this.#context;
    metrics.refused(protocol.route, error.status, error.code);
    logFailure(log, error, requestId, observation?.trace);
    if (response.destroyed) return;
    const body = JSON.stringify({
      ...toProblem(error, requestId),
      ...(protocol.errorMember !== undefined && { [protocol.errorMember]: error.message }),
    });
    const isOutstanding = bodyIsOutstanding(request);
    // A body that was not read to its end would be taken for the next request: such a connection is given up.
    if (isOutstanding) response.setHeader('connection', 'close');
    response.writeHead(error.status, {
      ...replyHeaders(champion(), requestId),
      ...refusalHeaders(error),
      ...observation?.replyHeaders,
      'content-type': PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
    });
    if (!isOutstanding) {
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
