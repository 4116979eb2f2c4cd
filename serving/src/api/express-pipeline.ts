import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import { RequestError } from '../errors.js';
import type { RequestMetrics } from '../metrics/requests.js';
import type { ServableId } from '../servables/servable.js';
import { declaredRoute } from './declared-route.js';
import { observationOf, observeRequests } from './express-observation.js';
import type { RequestObserver } from './observation.js';
import { logFailure, PROBLEM_TYPE, refusalHeaders, toProblem, toRequestError } from './problem.js';
import { replyHeaders, requestIdOf } from './reply-headers.js';

export interface PipelineContext {
  readonly champion: () => ServableId | undefined;
  readonly metrics: RequestMetrics;
  readonly log: Logger;
  /** undefined: no request is watched. */
  readonly observer?: RequestObserver | undefined;
}

/** Express and its body parser throw errors of their own; only their kind is of interest. */
function fromHttpError(error: unknown): RequestError {
  // A path with an escape that is none, such as /v2/models/%ff.
  if (error instanceof URIError) return new RequestError('NOT_FOUND', 'The path is not encoded correctly');
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  if (type === 'entity.too.large')
    return new RequestError('BODY_TOO_LARGE', 'The body is larger than allowed');
  if (type === 'encoding.unsupported')
    return new RequestError('UNSUPPORTED_MEDIA_TYPE', 'Expected a body without content-encoding');
  if (type === 'request.aborted' || type === 'request.size.invalid')
    return new RequestError('INVALID_REQUEST', 'The connection ended before the body did');
  return toRequestError(error);
}

/**
 * An Express app in its order: reply headers, the given routes, then 404 and errors as problem+json. Both ports
 * are built like this, so that they fail alike.
 */
export function expressPipeline(
  { champion, metrics, log, observer }: PipelineContext,
  addRoutes: (app: Express) => void,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  const headers: RequestHandler = (request, response, next) => {
    const requestId = requestIdOf(request);
    response.locals['requestId'] = requestId;
    response.set(replyHeaders(champion(), requestId));
    next();
  };
  app.use(headers);
  if (observer !== undefined) app.use(observeRequests(observer));

  addRoutes(app);

  app.use(() => {
    throw new RequestError('NOT_FOUND', 'There is no such route; README.md lists them');
  });

  const onError: ErrorRequestHandler = (thrown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const error = fromHttpError(thrown);
    const requestId = String(response.locals['requestId'] ?? '');
    metrics.refused(declaredRoute(request) ?? 'none', error.status, error.code);
    logFailure(log, error, requestId, observationOf(response)?.trace);
    response.locals['code'] = error.code;
    response
      .status(error.status)
      .set(refusalHeaders(error))
      .type(PROBLEM_TYPE)
      .send(JSON.stringify(toProblem(error, requestId)));
  };
  app.use(onError);
  return app;
}

/** Refuses other methods on a route that exists. Put after the route's own handlers. */
export function onlyMethods(...methods: string[]): RequestHandler {
  return (_request, response) => {
    response.set('allow', methods.join(', '));
    throw new RequestError('METHOD_NOT_ALLOWED', `Expected ${methods.join(' or ')}`);
  };
}
