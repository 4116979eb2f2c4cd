import { z } from 'zod';
import { RequestError, type FieldError } from '../../errors.js';
import type { Outcome } from '../../feedback/outcome.js';
import { isObject, kindOf, parseJson } from '../protocols/json-body.js';
import type { RequestHead } from '../protocols/protocol.js';
import { CLIENT_REQUEST_ID } from '../reply-headers.js';
import { mediaTypeOf, requireIdentityEncoding } from '../request-body.js';

/** After this many wrong fields the rest of a request is not looked at. */
const MAX_FIELD_ERRORS = 20;
const NDJSON = 'application/x-ndjson';
/** No request has as many rows. */
const MAX_ROW = 10_000_000;

const OBSERVED_AT = 'a moment with its zone (2026-11-21T10:00:00Z), or a day, which begins in UTC';

const outcomeSchema = z.strictObject({
  request_id: z
    .string('the request id of a reply')
    .regex(CLIENT_REQUEST_ID, 'the request id of a reply: letters, digits, dots, dashes and underscores'),
  row: z
    .int('the position of a row in its request, from 0')
    .min(0, 'the position of a row in its request, from 0')
    .max(MAX_ROW, 'the position of a row in its request, from 0')
    .default(0),
  label: z.union([z.literal([0, 1]), z.boolean()], '0 or 1, or false or true'),
  observed_at: z.union([z.iso.datetime({ offset: true }), z.iso.date()], OBSERVED_AT),
});

export interface OutcomeLimits {
  readonly maxPerRequest: number;
  /** How far ahead of this clock the one may be by which outcomes are observed. */
  readonly maxClockSkewMs: number;
}

/** A value of the body, and where it stands. */
interface Item {
  readonly path: string;
  readonly value: unknown;
}

/**
 * The outcomes of a request: one object, `{"outcomes": [...]}`, or one object a line.
 *
 * @throws {RequestError} UNSUPPORTED_MEDIA_TYPE, INVALID_JSON, TOO_MANY_ROWS, or INVALID_REQUEST with the path of
 * every wrong field, up to a limit
 */
export function readOutcomes(
  head: RequestHead,
  body: Buffer,
  { maxPerRequest, maxClockSkewMs }: OutcomeLimits,
  now: Date,
): readonly Outcome[] {
  const items = itemsOf(head, body);
  if (items.length > maxPerRequest) {
    throw new RequestError(
      'TOO_MANY_ROWS',
      `The request has ${items.length} outcomes; at most ${maxPerRequest} are allowed`,
    );
  }
  const latest = now.getTime() + maxClockSkewMs;
  const errors: FieldError[] = [];
  const outcomes: Outcome[] = [];
  for (const item of items) {
    const outcome = outcomeOf(item, latest, errors);
    if (outcome !== undefined) outcomes.push(outcome);
    if (errors.length >= MAX_FIELD_ERRORS) break;
  }
  if (errors.length > 0) throw refusal(errors);
  return outcomes;
}

function itemsOf(head: RequestHead, body: Buffer): readonly Item[] {
  requireIdentityEncoding(head);
  const type = mediaTypeOf(head);
  if (type === NDJSON) return linesOf(body);
  if (type !== 'application/json') {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', `Expected content-type application/json or ${NDJSON}`);
  }
  const parsed = parseJson(body);
  if (!isObject(parsed) || !Object.hasOwn(parsed, 'outcomes')) return [{ path: '', value: parsed }];
  const list = parsed['outcomes'];
  const [other] = Object.keys(parsed).filter((key) => key !== 'outcomes');
  if (other !== undefined) throw refusal([{ path: '', expected: 'nothing beside outcomes', found: 'more' }]);
  if (!Array.isArray(list) || list.length === 0) {
    throw refusal([{ path: '/outcomes', expected: 'a list with at least one entry', found: kindOf(list) }]);
  }
  return list.map((value: unknown, i) => ({ path: `/outcomes/${i}`, value }));
}

/** Empty lines are left out, and counted: a path names the line, from 0. */
function linesOf(body: Buffer): readonly Item[] {
  const items = body
    .toString('utf8')
    .split('\n')
    .flatMap((line, i): Item[] => {
      if (line.trim() === '') return [];
      try {
        return [{ path: `/${i}`, value: JSON.parse(line) as unknown }];
      } catch {
        throw new RequestError('INVALID_JSON', `/${i}: the line is not JSON`);
      }
    });
  if (items.length > 0) return items;
  throw refusal([{ path: '', expected: 'at least one line', found: 'nothing' }]);
}

function outcomeOf({ path, value }: Item, latest: number, errors: FieldError[]): Outcome | undefined {
  const parsed = outcomeSchema.safeParse(value);
  if (!parsed.success) {
    errors.push(...parsed.error.issues.map((issue) => fieldError(path, value, issue)));
    return undefined;
  }
  const { request_id: requestId, row, label, observed_at: text } = parsed.data;
  const observedAt = new Date(text);
  if (observedAt.getTime() > latest) {
    errors.push({
      path: `${path}/observed_at`,
      expected: 'a moment that has passed',
      found: 'one in the future',
    });
    return undefined;
  }
  return { requestId, row, label: Number(label) as 0 | 1, observedAt };
}

function fieldError(path: string, value: unknown, issue: z.core.$ZodIssue): FieldError {
  if (issue.code === 'unrecognized_keys') {
    // Not which: a key is what a client sent, and may be anything.
    return { path, expected: 'request_id, row, label and observed_at', found: 'another member' };
  }
  const [key] = issue.path;
  if (typeof key !== 'string' || !isObject(value)) {
    return { path, expected: 'an object', found: kindOf(value) };
  }
  return { path: `${path}/${key}`, expected: issue.message, found: kindOf(value[key]) };
}

function refusal(errors: readonly FieldError[]): RequestError {
  const [{ path, expected, found }, ...others] = errors as readonly [FieldError, ...FieldError[]];
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return new RequestError(
    'INVALID_REQUEST',
    `${path === '' ? 'The body' : path}: expected ${expected}, found ${found}${more}; none of the outcomes was taken`,
    errors,
  );
}
