import type { RequestHandler, Response } from 'express';
import { callerOf } from './access/guarded-routes.js';
import { declaredRoute } from './declared-route.js';
import type { Observation, RequestObserver } from './observation.js';

/** Asked every few seconds by machines: watching them would bury the requests that somebody sent. */
const UNWATCHED = /^\/(health|v2\/health|ping|metrics|status)(\/|$)/;
/** What proxies call an answer that nobody waited for. */
const CLIENT_CLOSED = { status: 499, code: 'CLIENT_CLOSED' };

/** The observation of the request that is being answered, if it is watched. */
export function observationOf(response: Response): Observation | undefined {
  return response.locals['observation'] as Observation | undefined;
}

/**
 * Watches what Express answers. The route is known only when the answer is; error handlers leave the code of a
 * refusal in `response.locals.code`.
 */
export function observeRequests(observer: RequestObserver): RequestHandler {
  return (request, response, next) => {
    const observation = UNWATCHED.test(request.path)
      ? undefined
      : observer.begin('none', request.headers, request.method);
    if (observation !== undefined) {
      response.locals['observation'] = observation;
      response.set(observation.replyHeaders ?? {});
      response.once('close', () => {
        const { requestId, code } = response.locals as { requestId?: string; code?: string };
        const route = declaredRoute(request);
        observation.finish({
          ...(response.writableFinished
            ? { status: response.statusCode, code: code ?? 'ok' }
            : CLIENT_CLOSED),
          requestId: requestId ?? '',
          servable: undefined,
          rows: undefined,
          caller: callerOf(response),
          ...(route !== undefined && { route }),
        });
      });
    }
    next();
  };
}
