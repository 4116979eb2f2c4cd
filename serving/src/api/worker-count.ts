import { z } from 'zod';
import { RequestError } from '../errors.js';
import { isObject, kindOf, parseJson } from './protocols/json-body.js';

/**
 * The body of `PUT /admin/workers`: `{"count": 6}`.
 *
 * @throws {RequestError} INVALID_JSON or INVALID_REQUEST
 */
export function readWorkerCount(body: Buffer, max: number): number {
  const parsed: unknown = parseJson(body);
  const result = z.strictObject({ count: z.int().min(1).max(max) }).safeParse(parsed);
  if (result.success) return result.data.count;
  const count = isObject(parsed) ? parsed['count'] : undefined;
  throw new RequestError('INVALID_REQUEST', 'Expected {"count": <how many workers there are to be>}', [
    {
      path: '/count',
      expected: `a whole number from 1 to ${max} (MAX_WORKERS), and nothing beside it`,
      found: kindOf(count),
    },
  ]);
}
