import { REQUEST_ERRORS, RequestError, type RequestErrorCode } from '../../errors.js';
import { PROBLEM_TYPE, refusalHeaders, toProblem } from '../problem.js';
import { EXAMPLE_REQUEST_ID } from './golden-examples.js';
import { REPLY_HEADERS } from './headers.js';
import { schemaRef, type JsonSchema } from './json-schema.js';

/** Codes that no inference route answers with. Every other one is described there, also those yet to come. */
const NOT_OF_INFERENCE: ReadonlySet<RequestErrorCode> = new Set([
  'NOT_FOUND',
  'MODEL_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'REPLAYED_WEBHOOK',
  'FEATURE_DISABLED',
  'OUTCOMES_NOT_STORED',
]);

/** Codes of routes on which callers have to say who they are. */
const OF_ACCESS: ReadonlySet<RequestErrorCode> = new Set([
  'UNAUTHORIZED',
  'FORBIDDEN',
  'AUTHENTICATION_UNAVAILABLE',
]);

/** Codes of what is said of a model only while it is loaded. */
const OF_LOADED_MODEL: ReadonlySet<RequestErrorCode> = new Set(['VERSION_NOT_AVAILABLE', 'MODEL_NOT_READY']);

/** Codes of the route that takes outcomes. */
const OF_OUTCOMES: ReadonlySet<RequestErrorCode> = new Set([
  'INVALID_JSON',
  'INVALID_REQUEST',
  'REQUEST_TIMEOUT',
  'BODY_TOO_LARGE',
  'TOO_MANY_ROWS',
  'UNSUPPORTED_MEDIA_TYPE',
  'OVERLOADED',
  'OUTCOMES_NOT_STORED',
]);

const ALL = Object.keys(REQUEST_ERRORS) as RequestErrorCode[];

/** Codes of a route that computes predictions. */
export function inferenceCodes(authenticated: boolean): readonly RequestErrorCode[] {
  return ALL.filter((code) => !NOT_OF_INFERENCE.has(code) && (authenticated || !OF_ACCESS.has(code)));
}

/** Codes of a route that says something; of a model that is loaded, where `ofModel`. */
export function lookupCodes(authenticated: boolean, ofModel: boolean): readonly RequestErrorCode[] {
  return ALL.filter(
    (code) => (ofModel && OF_LOADED_MODEL.has(code)) || (authenticated && OF_ACCESS.has(code)),
  );
}

/** Codes of `/outcomes`. */
export function outcomeCodes(authenticated: boolean): readonly RequestErrorCode[] {
  return ALL.filter((code) => OF_OUTCOMES.has(code) || (authenticated && OF_ACCESS.has(code)));
}

/** RFC 9457, as `src/api/problem.ts` writes it. */
export const PROBLEM_SCHEMA: JsonSchema = {
  description:
    'Problem details (RFC 9457). Decide by `code`; `detail` is for people. The inference protocols repeat the detail as `error`.',
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: ALL },
    request_id: { type: 'string' },
    errors: {
      description: 'Every wrong field, up to a limit.',
      type: 'array',
      items: {
        type: 'object',
        properties: {
          path: { description: 'JSON pointer into the body.', type: 'string' },
          expected: { type: 'string' },
          found: { description: 'The kind of thing that was found, never the value.', type: 'string' },
        },
        required: ['path', 'expected', 'found'],
      },
    },
    error: { type: 'string' },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
};

function byStatus(codes: readonly RequestErrorCode[]): readonly (readonly RequestErrorCode[])[] {
  const statuses = [...new Set(codes.map((code) => REQUEST_ERRORS[code].status))];
  return statuses.map((status) => codes.filter((code) => REQUEST_ERRORS[code].status === status));
}

function componentName(codes: readonly RequestErrorCode[]): string {
  return codes.join('.');
}

/** Responses by status, each a reference into `components.responses`. */
export function problemResponses(codes: readonly RequestErrorCode[]): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    byStatus(codes).map((group) => [
      REQUEST_ERRORS[group[0]!].status,
      { $ref: `#/components/responses/${componentName(group)}` },
    ]),
  );
}

/** `components.responses`: every response that routes refer to, open ones or those that ask who calls. */
export function problemComponents(authenticated: boolean): Readonly<Record<string, JsonSchema>> {
  const lists = [
    inferenceCodes(authenticated),
    lookupCodes(authenticated, true),
    lookupCodes(authenticated, false),
    outcomeCodes(authenticated),
  ];
  return Object.fromEntries(lists.flatMap(byStatus).map((codes) => [componentName(codes), response(codes)]));
}

/** Headers that some of the codes bring, such as `retry-after`. */
function refusalHeaderSchemas(codes: readonly RequestErrorCode[]): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    codes
      .flatMap((code) => Object.keys(refusalHeaders(new RequestError(code, ''))))
      .map((name) => [name, { schema: { type: 'string' } }]),
  );
}

function response(codes: readonly RequestErrorCode[]): JsonSchema {
  const examples = codes.map((code) => {
    const { title } = REQUEST_ERRORS[code];
    return [
      code,
      { summary: title, value: toProblem(new RequestError(code, `${title}.`), EXAMPLE_REQUEST_ID) },
    ];
  });
  return {
    description: codes.map((code) => `\`${code}\`: ${REQUEST_ERRORS[code].title}.`).join('\n\n'),
    headers: { ...REPLY_HEADERS, ...refusalHeaderSchemas(codes) },
    content: {
      [PROBLEM_TYPE]: {
        schema: {
          allOf: [schemaRef('Problem'), { type: 'object', properties: { code: { enum: codes } } }],
        },
        examples: Object.fromEntries(examples) as unknown,
      },
    },
  };
}
