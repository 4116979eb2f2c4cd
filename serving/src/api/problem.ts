import type { Logger } from 'pino';
import {
  messageOf,
  REQUEST_ERRORS,
  RequestError,
  type FieldError,
  type RequestErrorCode,
} from '../errors.js';

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

/** Anything thrown becomes a refusal; what was not meant for clients stays in the log. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  return new RequestError('INTERNAL', 'The log of this replica has the details under the request id', [], {
    cause: error,
  });
}

/** Failures on this side are errors in the log; refusals are the client's business and are counted only. */
export function logFailure(log: Logger, error: RequestError, requestId: string): void {
  if (error.status < 500) return;
  const fields = {
    request_id: requestId,
    code: error.code,
    ...(error.cause !== undefined && { cause: messageOf(error.cause) }),
    ...(error.code === 'INTERNAL' && error.cause instanceof Error && { stack: error.cause.stack }),
  };
  if (error.status === 500) log.error(fields, error.message);
  else log.warn(fields, error.message);
}
