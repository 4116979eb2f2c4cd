/** Requests of one kind from one client. */
export interface Stream {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in turn, over and over; none: requests without a body. */
  readonly bodies?: readonly (string | Uint8Array)[];
  /** An address of this machine to send from, 127.0.0.2 for example: another client to the server. */
  readonly from?: string;
  readonly pace: Pace;
}

export type Pace =
  /**
   * Open loop: requests start when they are due, whether or not earlier ones were answered, and wait for nobody.
   * `poisson`: like independent clients; `even`: like a clock.
   */
  | { readonly kind: 'open'; readonly ratePerSecond: number; readonly arrivals: 'poisson' | 'even' }
  /** Closed loop: each connection asks again as soon as it was answered. Measures how much a server can do. */
  | { readonly kind: 'closed'; readonly connections: number };

/** What a generator is to send. */
export interface Plan {
  readonly port: number;
  readonly durationMs: number;
  /** How long requests that are under way at the end are waited for. */
  readonly drainMs: number;
  /** The same seed gives the same arrivals. */
  readonly seed: number;
  readonly streams: readonly Stream[];
}

/** Status of a request that got no answer: refused connection, broken off, or still open when the time was over. */
export const NO_ANSWER = 0;

/** The requests of one stream, in the order of their start; times in milliseconds since the start of the plan. */
export interface Samples {
  readonly name: string;
  /** When the request was due. In a closed loop: when it was sent. */
  readonly dueMs: Float64Array;
  /**
   * From when it was *due* to the end of its answer, so that a stalled server can't hide by keeping requests from
   * being sent; of a request without an answer, to when it was given up.
   */
  readonly latencyMs: Float64Array;
  readonly status: Uint16Array;
}

export interface Generated {
  readonly streams: readonly Samples[];
  /** The zero of all times, in milliseconds since 1970: by it, others put what they did meanwhile on the same line. */
  readonly startedAtMs: number;
  /** By how much the generator itself was late with a request, at worst. It counts as latency. */
  readonly largestLagMs: number;
}
