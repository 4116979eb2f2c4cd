import type { Logger } from 'pino';
import {
  messageOf,
  REQUEST_ERRORS,
  RequestError,
  type FieldError,
  type RequestErrorCode,
} from '../errors.js';
import type { TraceIds } from './observation.js';

/** RFC 9457 problem details, with the code that docs/errors.md explains. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: RequestErrorCode;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
}

export const PROBLEM_TYPE = 'application/problem+json';

export function toProblem(error: RequestError, requestId: string): Problem {
  return {
    type: `urn:model-serving:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: REQUEST_ERRORS[error.code].title,
    status: error.status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.errors.length > 0 && { errors: error.errors }),
  };
}

/** What a refusal says in headers beside those of every reply. */
export function refusalHeaders({ code }: RequestError): Record<string, string> {
  // Required with 401. API keys are taken as bearer credentials too, and no scheme is registered for webhooks.
  if (code === 'UNAUTHORIZED') return { 'www-authenticate': 'Bearer realm="model-serving"' };
  // The queue is shorter than a second, which is the least that the header can say.
  if (code === 'OVERLOADED' || code === 'RATE_LIMITED') return { 'retry-after': '1' };
  // A disk or a broker takes longer to come back.
  if (code === 'OUTCOMES_NOT_STORED') return { 'retry-after': '5' };
  return {};
}

/** Anything thrown becomes a refusal; what was not meant for clients stays in the log. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  return new RequestError('INTERNAL', 'The log of this replica has the details under the request id', [], {
    cause: error,
  });
}

/** Failures on this side are errors in the log; refusals are the client's business and are counted only. */
export function logFailure(log: Logger, error: RequestError, requestId: string, trace?: TraceIds): void {
  // What is refused under load is counted: a line each would make the log the attack's next victim.
  if (error.status < 500 || error.code === 'OVERLOADED') return;
  const fields = {
    request_id: requestId,
    ...trace,
    code: error.code,
    ...(error.cause !== undefined && { cause: messageOf(error.cause) }),
    ...(error.code === 'INTERNAL' && error.cause instanceof Error && { stack: error.cause.stack }),
  };
  if (error.status === 500) log.error(fields, error.message);
  else log.warn(fields, error.message);
}
