import { z } from 'zod';
import { RequestError, type FieldError } from '../errors.js';
import { trafficPolicySchema, type TrafficPolicyDocument } from '../registry/traffic-tags.js';
import { isObject, kindOf, parseJson } from './protocols/json-body.js';

/** Stricter than what is read from the registry: a member that nobody knows is somebody's slip here. */
const bodySchema = z.strictObject({
  canary: trafficPolicySchema.shape.canary.unwrap().strict().optional(),
  shadow: trafficPolicySchema.shape.shadow.unwrap().strict().optional(),
  standby: trafficPolicySchema.shape.standby.unwrap().strict().optional(),
});

const EXPECTED =
  'Expected {"canary": {"version": "7", "percent": 5}, "shadow": {"version": "8", "percent": 100}, "standby": {"version": "6"}}, each of the three optional';

/**
 * The body of `PUT /admin/traffic`: a traffic policy as the registry keeps it.
 *
 * @throws {RequestError} INVALID_JSON or INVALID_REQUEST
 */
export function readTrafficBody(body: Buffer): TrafficPolicyDocument {
  const parsed: unknown = parseJson(body);
  const result = bodySchema.safeParse(parsed);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }): FieldError => ({
    path: `/${path.map(String).join('/')}`,
    expected: message,
    found: kindOf(at(parsed, path)),
  }));
  throw new RequestError('INVALID_REQUEST', EXPECTED, errors);
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[String(key)] : undefined), value);
}
