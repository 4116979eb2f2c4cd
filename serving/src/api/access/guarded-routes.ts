import type { Express, IRoute, RequestHandler, Response } from 'express';
import { declaredRoute, routeName } from '../declared-route.js';
import { requireModel, type AccessControl, type Caller } from './caller.js';

/** Who asks, as the guard of the route has found. */
export function callerOf(response: Response): Caller | undefined {
  return response.locals['caller'] as Caller | undefined;
}

function guard(access: AccessControl, mounted?: string): RequestHandler {
  return async (request, response, next) => {
    const route = mounted ?? declaredRoute(request) ?? 'none';
    const caller = await access.identify(route, request.headers, request.socket.remoteAddress);
    response.locals['caller'] = caller;
    const { model } = request.params;
    if (typeof model === 'string') requireModel(caller, model);
    next();
  };
}

/**
 * Whatever is declared on an app from here on, routes and mounted handlers alike, asks who calls before it does
 * anything else. It is the declaring that is changed: a route which has to ask for its guard is one day declared
 * without.
 *
 * @returns the names of these routes, filled as they are declared
 */
export function guardRoutes(app: Express, access: AccessControl): ReadonlySet<string> {
  const names = new Set<string>();
  const declare = app.route.bind(app);
  const mount = app.use.bind(app) as (...args: unknown[]) => Express;
  const guardedRoute = (path: string): IRoute => {
    names.add(routeName(String([path].flat()[0])));
    return declare(path).all(guard(access));
  };
  const guardedMount = (...args: unknown[]): Express => {
    const [path, ...handlers] = args;
    if (typeof path !== 'string') return mount(...args);
    names.add(path);
    return mount(path, guard(access, path), ...handlers);
  };
  Object.assign(app, { route: guardedRoute, use: guardedMount });
  return names;
}
