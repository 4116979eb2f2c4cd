import type { Request } from 'express';

/** `/v1/models/:model` as the other routes are written: `/v1/models/{model}`. */
export function routeName(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

/**
 * The route that answers, as declared and never the path that a client sent; the first where several paths were
 * declared together. undefined: no route does.
 */
export function declaredRoute({ route }: Request): string | undefined {
  const path: unknown = (route as { path?: unknown } | undefined)?.path;
  const first: unknown = Array.isArray(path) ? path[0] : path;
  return typeof first === 'string' ? routeName(first) : undefined;
}
