import { RequestError } from '../../errors.js';
import type { InferenceRequest } from '../../prediction/prediction-service.js';
import { requireJson } from '../request-body.js';
import type { RequestHead } from './protocol.js';

/** @throws {RequestError} INVALID_JSON; the parser's own message quotes the body, which does not belong in answers */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new RequestError('INVALID_JSON', 'The body is not JSON');
  }
}

/**
 * Strings are matched so that they can be left alone, to the end of the text where they are not closed: a match
 * never fails half-way, so a hostile body is scanned once.
 */
const STRING_OR_NAN = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|\bNaN\b/gs;

/**
 * JSON as Python writes it: NaN, which JSON does not have, stands for null. Only what is not JSON is looked at twice.
 * @throws {RequestError} INVALID_JSON
 */
export function parsePythonJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return parseJson(Buffer.from(withoutNan(text)));
  }
}

function withoutNan(text: string): string {
  try {
    return text.replaceAll(STRING_OR_NAN, (token) => (token === 'NaN' ? 'null' : token));
  } catch {
    // A string of millions of escapes is more than the matcher's stack holds, and no request.
    return text;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What kind of thing it is, for an error: never the value. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** @throws {RequestError} INVALID_REQUEST */
export function invalid(path: string, expected: string, found: unknown): never {
  throw new RequestError('INVALID_REQUEST', `${path}: expected ${expected}, found ${kindOf(found)}`, [
    { path, expected, found: kindOf(found) },
  ]);
}

/**
 * The inference that `{"instances": [...]}` asks for, one object or list a row.
 * @throws {RequestError} UNSUPPORTED_MEDIA_TYPE, INVALID_JSON or INVALID_REQUEST
 */
export function readInstances(head: RequestHead, body: Buffer): InferenceRequest {
  requireJson(head);
  const parsed = parseJson(body);
  const instances = nonEmptyList(isObject(parsed) ? parsed['instances'] : undefined, '/instances');
  return {
    rows: instances.length,
    encode: (encoder, batch) => {
      encoder.encodeInto(batch, instances);
    },
  };
}

/** The member of an object that has to be a list with at least one entry. */
export function nonEmptyList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0)
    return invalid(path, 'a list with at least one entry', value);
  return value;
}
