import { z } from 'zod';

const seconds = (fallback: number) => z.coerce.number().positive().max(86_400).default(fallback);
/** Whole, as Node's timers want them. */
const toMs = (s: number): number => Math.ceil(s * 1_000);
const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);

/** What one connection may take: the variables of the environment, which config.ts reads. */
export const connectionVariables = z.object({
  /** From the first byte, or the opening of the connection, to the end of the headers. Too short: slow clients get 408. Too long: a client that trickles holds a connection for as long. */
  HEADERS_TIMEOUT_SECONDS: seconds(10),
  /** The same to the end of the body. Too short: large bodies on slow lines get 408. */
  REQUEST_TIMEOUT_SECONDS: seconds(60),
  /** A connection on which nothing moves in the middle of an exchange, such as a client that does not read, is cut after this. */
  STALLED_CONNECTION_SECONDS: seconds(120),
  /** All headers of a request together; more gets 431. */
  MAX_HEADER_BYTES: z.coerce
    .number()
    .int()
    .min(1_024)
    .max(1024 ** 2)
    .default(16_384),
  /** Header lines of a request; more gets 431. */
  MAX_HEADERS: count(100),
  /** Open connections of each of the ports for HTTP and gRPC; more are closed unanswered. Too many: memory, and file descriptors. */
  MAX_CONNECTIONS: count(4_096),

  /**
   * On an HTTP connection that is older, give or take a tenth, the next answer says `connection: close`, so that clients
   * that keep connections open spread over new workers and replicas. Too short: they do little but connect.
   */
  MAX_CONNECTION_AGE_SECONDS: seconds(300),
  /** Calls at once on one gRPC connection; more wait on the client's side. */
  GRPC_MAX_CONCURRENT_STREAMS: count(256),
  /** A gRPC connection is asked for a sign of life this often, and cut without one, so that half-open ones end. */
  GRPC_KEEPALIVE_SECONDS: seconds(60),
  /** A gRPC connection is asked to close after this, so that clients spread over new replicas. Calls in flight finish. */
  GRPC_MAX_CONNECTION_AGE_SECONDS: seconds(1_800),
});

/** What one HTTP connection may take. */
export interface ConnectionLimits {
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly stalledMs: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  readonly maxConnections: number;
  readonly maxAgeMs: number;
}

/** What one gRPC connection may take. */
export interface GrpcConnectionLimits {
  readonly maxConcurrentStreams: number;
  readonly keepaliveMs: number;
  readonly maxAgeMs: number;
  /** For calls that are in flight when the connection is old. */
  readonly maxAgeGraceMs: number;
  /** For the message of a call. */
  readonly arrivalTimeoutMs: number;
  readonly maxConnections: number;
}

export interface ConnectionSettings {
  readonly http: ConnectionLimits;
  readonly grpc: GrpcConnectionLimits;
}

export function connectionSettings(raw: z.infer<typeof connectionVariables>): ConnectionSettings {
  return {
    http: {
      // Node wants the whole to take at least as long as its part.
      headersTimeoutMs: toMs(Math.min(raw.HEADERS_TIMEOUT_SECONDS, raw.REQUEST_TIMEOUT_SECONDS)),
      requestTimeoutMs: toMs(raw.REQUEST_TIMEOUT_SECONDS),
      stalledMs: toMs(raw.STALLED_CONNECTION_SECONDS),
      maxHeaderBytes: raw.MAX_HEADER_BYTES,
      maxHeaders: raw.MAX_HEADERS,
      maxConnections: raw.MAX_CONNECTIONS,
      maxAgeMs: toMs(raw.MAX_CONNECTION_AGE_SECONDS),
    },
    grpc: {
      maxConcurrentStreams: raw.GRPC_MAX_CONCURRENT_STREAMS,
      keepaliveMs: toMs(raw.GRPC_KEEPALIVE_SECONDS),
      maxAgeMs: toMs(raw.GRPC_MAX_CONNECTION_AGE_SECONDS),
      maxAgeGraceMs: toMs(raw.REQUEST_TIMEOUT_SECONDS),
      arrivalTimeoutMs: toMs(raw.REQUEST_TIMEOUT_SECONDS),
      maxConnections: raw.MAX_CONNECTIONS,
    },
  };
}
