import type { IncomingHttpHeaders } from 'node:http';
import type { ServableId } from '../servables/servable.js';
import type { Caller } from './access/caller.js';

/** What is known of a request when it has been answered. */
export interface Outcome {
  readonly status: number;
  /** `ok` or the code of the error. */
  readonly code: string;
  readonly requestId: string;
  readonly servable: ServableId | undefined;
  readonly rows: number | undefined;
  readonly caller: Caller | undefined;
  /** The declared route, where it was not known at the beginning. */
  readonly route?: string;
  readonly cause?: unknown;
}

/** What a request is at. `run` includes the wait for its batch; `write` ends when the answer was handed over. */
export type Stage = 'read' | 'encode' | 'run' | 'write';

/** The names of a request's span, as log lines carry them. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

/** One request that is watched, by a trace or by the access log. */
export interface Observation {
  /** Headers for the answer, such as `traceresponse`. */
  readonly replyHeaders?: Readonly<Record<string, string>>;
  /** For the log lines about this request; undefined: it is not traced. */
  readonly trace?: TraceIds | undefined;
  /** A stage begins; the former one ends with it. May be left out: the stages are then not told apart. */
  stage?(stage: Stage): void;
  /** To be called once; further calls do nothing. */
  finish(outcome: Outcome): void;
}

/** Decides for each request whether it is watched. */
export interface RequestObserver {
  /**
   * @param route the declared route, never the path that a client sent; `grpc/<method>` for gRPC
   * @param method of HTTP; of no meaning for gRPC
   * @returns undefined for a request that is neither traced nor sampled: it then costs nothing more
   */
  begin(route: string, headers: IncomingHttpHeaders, method?: string): Observation | undefined;
}
