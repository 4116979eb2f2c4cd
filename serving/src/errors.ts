/**
 * Every failure has a code, and every code one line here. docs/errors.md explains each to the reader;
 * a test holds the two together.
 *
 * `REQUEST_ERRORS` reach a client with the given HTTP or gRPC status. `LOAD_ERRORS` never do: they say why a model
 * version was not loaded, in the log, in `/status` and as the `reason` of a metric.
 */
export const REQUEST_ERRORS = {
  INVALID_JSON: { status: 400, grpc: 'INVALID_ARGUMENT', title: 'The body is not JSON' },
  INVALID_REQUEST: {
    status: 400,
    grpc: 'INVALID_ARGUMENT',
    title: 'The request does not have the expected form',
  },
  MALFORMED_HTTP: { status: 400, grpc: 'INVALID_ARGUMENT', title: 'The request is not HTTP/1.1' },
  UNAUTHORIZED: { status: 401, grpc: 'UNAUTHENTICATED', title: 'The request is not authenticated' },
  FORBIDDEN: { status: 403, grpc: 'PERMISSION_DENIED', title: 'The caller may not do this' },
  NOT_FOUND: { status: 404, grpc: 'NOT_FOUND', title: 'There is nothing at this path' },
  MODEL_NOT_FOUND: { status: 404, grpc: 'NOT_FOUND', title: 'No such model is served here' },
  VERSION_NOT_AVAILABLE: { status: 404, grpc: 'NOT_FOUND', title: 'This version of the model is not loaded' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    grpc: 'UNIMPLEMENTED',
    title: 'The path does not answer to this method',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    grpc: 'DEADLINE_EXCEEDED',
    title: 'The request took too long to arrive',
  },
  REPLAYED_WEBHOOK: { status: 409, grpc: 'ALREADY_EXISTS', title: 'This delivery was seen before' },
  SINGLE_PROCESS: {
    status: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'This replica is one process and has no workers to add or to end',
  },
  BODY_TOO_LARGE: { status: 413, grpc: 'RESOURCE_EXHAUSTED', title: 'The body is larger than allowed' },
  TOO_MANY_ROWS: { status: 413, grpc: 'RESOURCE_EXHAUSTED', title: 'The request has more rows than allowed' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    grpc: 'INVALID_ARGUMENT',
    title: 'The body is of a type or encoding that is not understood',
  },
  SIGNATURE_MISMATCH: {
    status: 422,
    grpc: 'INVALID_ARGUMENT',
    title: 'The instances do not match the signature of the model',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    grpc: 'RESOURCE_EXHAUSTED',
    title: 'The headers are larger or more than allowed',
  },
  RATE_LIMITED: {
    status: 429,
    grpc: 'RESOURCE_EXHAUSTED',
    title: 'This client asks for more than its share',
  },
  PREDICTION_FAILED: { status: 500, grpc: 'INTERNAL', title: 'The model could not compute these rows' },
  INTERNAL: { status: 500, grpc: 'INTERNAL', title: 'Something went wrong on this side' },
  AUTHENTICATION_UNAVAILABLE: {
    status: 503,
    grpc: 'UNAVAILABLE',
    title: 'Tokens can not be checked at the moment',
  },
  FEATURE_DISABLED: { status: 503, grpc: 'UNAVAILABLE', title: 'This route is not configured' },
  OVERLOADED: { status: 503, grpc: 'UNAVAILABLE', title: 'There is more to do than can be done in time' },
  DEADLINE_EXCEEDED: {
    status: 504,
    grpc: 'DEADLINE_EXCEEDED',
    title: 'The time that the client gave is over',
  },
  OUTCOMES_NOT_STORED: {
    status: 503,
    grpc: 'UNAVAILABLE',
    title: 'The outcomes can not be stored at the moment',
  },
  REGISTRY_UNAVAILABLE: {
    status: 503,
    grpc: 'UNAVAILABLE',
    title: 'The registry does not take changes at the moment',
  },
  MODEL_NOT_READY: { status: 503, grpc: 'UNAVAILABLE', title: 'No model version is available yet' },
} as const;

export const LOAD_ERRORS = {
  REGISTRY_UNREACHABLE: { transient: true },
  REGISTRY_DENIED: { transient: true },
  ALIAS_NOT_SET: { transient: true },
  DOWNLOAD_FAILED: { transient: true },
  CACHE_FAILED: { transient: true },
  DIGEST_MISSING: { transient: false },
  DIGEST_MISMATCH: { transient: false },
  SIGNATURE_MISSING: { transient: true },
  SIGNATURE_INVALID: { transient: false },
  CONTRACT_VIOLATION: { transient: false },
  GRAPH_LOAD_FAILED: { transient: false },
  GOLDEN_MISMATCH: { transient: false },
} as const;

export type RequestErrorCode = keyof typeof REQUEST_ERRORS;
export type LoadErrorCode = keyof typeof LOAD_ERRORS;

/** One thing that is wrong with a request: where, and what was expected there. */
export interface FieldError {
  /** JSON pointer into the body, such as `/instances/0/AGE`. */
  readonly path: string;
  readonly expected: string;
  /** The kind of thing that was found. Never the value itself: values do not belong in answers or logs. */
  readonly found: string;
}

/** A request that is refused. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly code: RequestErrorCode,
    detail: string,
    readonly errors: readonly FieldError[] = [],
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }

  get status(): number {
    return REQUEST_ERRORS[this.code].status;
  }
}

/** A model version that can't be loaded, now (`transient`) or as it is. */
export class LoadError extends Error {
  override readonly name = 'LoadError';

  constructor(
    readonly code: LoadErrorCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }

  /** Whether the same bytes may load later. A digest that is known to be bad is not tried again soon. */
  get transient(): boolean {
    return LOAD_ERRORS[this.code].transient;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
