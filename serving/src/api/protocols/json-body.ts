import { RequestError } from '../../errors.js';

/** @throws {RequestError} INVALID_JSON; the parser's own message quotes the body, which does not belong in answers */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new RequestError('INVALID_JSON', 'The body is not JSON');
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return value === null ? 'null' : `a ${typeof value}`;
}

/** @throws {RequestError} INVALID_REQUEST */
export function invalid(path: string, expected: string, found: unknown): never {
  throw new RequestError('INVALID_REQUEST', `${path}: expected ${expected}, found ${kindOf(found)}`, [
    { path, expected, found: kindOf(found) },
  ]);
}

/** The member of an object that has to be a list with at least one entry. */
export function nonEmptyList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0)
    return invalid(path, 'a list with at least one entry', value);
  return value;
}
