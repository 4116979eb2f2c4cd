import { status as grpcStatus } from '@grpc/grpc-js';
import { PROBLEM_TYPE, type Problem } from '../../src/api/problem.js';
import { REQUEST_ERRORS, type RequestErrorCode } from '../../src/errors.js';
import type { WireAnswer } from './answer-reader.js';
import { CANARY } from './json-mutations.js';

/** Refusals of this side that damaged input may bring about: too much at once, or too late for the client. */
const ALLOWED_5XX: ReadonlySet<string> = new Set<RequestErrorCode>(['OVERLOADED', 'DEADLINE_EXCEEDED']);
const SUCCESSES: ReadonlySet<number> = new Set([200, 202, 206, 304]);
/** What the gRPC library may say by itself: never that something broke on this side. */
const FAULTS: ReadonlySet<number> = new Set([
  grpcStatus.UNKNOWN,
  grpcStatus.INTERNAL,
  grpcStatus.UNAVAILABLE,
  grpcStatus.DATA_LOSS,
]);

/** The same about what a client got wrong, in the words of the library, which calls all of it internal. */
function isWordOfTheLibrary(path: string, message: string): boolean {
  const isHealthCheck = path.startsWith('/grpc.health.v1.');
  return (
    message.startsWith('Invalid grpc-timeout value') ||
    (isHealthCheck && message === 'Error deserializing request')
  );
}

/** How a call ended, as its client sees it. */
export interface CallAnswer {
  /** Of HTTP/2; undefined when the stream ended without one. */
  readonly httpStatus: number | undefined;
  readonly grpcStatus: number | undefined;
  readonly message: string;
  readonly errorCode: string | undefined;
}

function isCode(code: unknown): code is RequestErrorCode {
  return typeof code === 'string' && Object.hasOwn(REQUEST_ERRORS, code);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function problemsOfSuccess({ status, headers, body }: WireAnswer): string[] {
  const isJson = headers['content-type']?.startsWith('application/json') === true;
  if (status !== 304 && isJson && body.length > 0 && parsed(body) === undefined) {
    return [`${status} declares JSON and is none`];
  }
  return [];
}

function problemsOfRefusal({ status, headers, body }: WireAnswer, hasBody: boolean): string[] {
  const type = headers['content-type'] ?? 'nothing';
  const found: string[] = [];
  if (!type.startsWith(PROBLEM_TYPE)) found.push(`${status} is ${type}, not problem details`);
  if (!hasBody) return found;
  const problem = (parsed(body) ?? {}) as Partial<Problem>;
  const { code } = problem;
  if (!isCode(code)) return [...found, `${status} has no documented code`];
  if (REQUEST_ERRORS[code].status !== status || problem.status !== status) {
    found.push(`${code} came with ${status}`);
  }
  if (status >= 500 && !ALLOWED_5XX.has(code)) found.push(`${status} ${code}`);
  if (problem.request_id !== headers['x-request-id']) found.push('the request id of body and header differ');
  if (body.includes(CANARY)) found.push(`${code} repeats a value that was sent`);
  return found;
}

/**
 * What is wrong with an answer over HTTP, whatever was asked. Empty: nothing.
 *
 * @param hasBody false where the method was HEAD
 */
export function problemsOfAnswer(answer: WireAnswer, hasBody = true): readonly string[] {
  const { status } = answer;
  if (SUCCESSES.has(status)) return hasBody ? problemsOfSuccess(answer) : [];
  if (status < 400) return [`${status} is no status of this tier`];
  return problemsOfRefusal(answer, hasBody);
}

/**
 * The same for a gRPC call.
 *
 * @param path of the method that was called
 */
export function problemsOfCall(
  path: string,
  { httpStatus, grpcStatus: code, message, errorCode }: CallAnswer,
): readonly string[] {
  // What is no gRPC is refused by the library in terms of HTTP.
  if (code === undefined) {
    return httpStatus !== undefined && httpStatus >= 400 && httpStatus < 500
      ? []
      : [`the call ended with HTTP ${httpStatus ?? 'nothing'} and no gRPC status`];
  }
  const found: string[] = [];
  if (message.includes(CANARY)) found.push('the message repeats a value that was sent');
  if (errorCode === undefined) {
    return FAULTS.has(code) && !isWordOfTheLibrary(path, message)
      ? [...found, `gRPC ${grpcStatus[code] ?? code} without a code: ${message}`]
      : found;
  }
  if (!isCode(errorCode)) return [...found, `${errorCode} is no documented code`];
  const documented = REQUEST_ERRORS[errorCode];
  if (grpcStatus[code] !== documented.grpc)
    found.push(`${errorCode} came with gRPC ${grpcStatus[code] ?? code}`);
  if (documented.status >= 500 && !ALLOWED_5XX.has(errorCode)) found.push(`gRPC ${errorCode}: ${message}`);
  return found;
}
