import type { IncomingHttpHeaders } from 'node:http';
import type { Observation, Outcome, RequestObserver, Stage, TraceIds } from '../api/observation.js';
import type { AccessLog } from './access-log.js';
import type { RequestTrace, RequestTracer, TimedStage } from './tracing.js';

/** `grpc/<method>` names a method of gRPC, for which HTTP's method says nothing. */
const GRPC = 'grpc/';

/** Watches requests for the access log and for traces. */
export class RequestWatch implements RequestObserver {
  readonly #log: AccessLog;
  readonly #tracer: RequestTracer | undefined;

  constructor(log: AccessLog, tracer: RequestTracer | undefined) {
    this.#log = log;
    this.#tracer = tracer;
  }

  begin(route: string, headers: IncomingHttpHeaders, method = 'POST'): Observation | undefined {
    const log = this.#log.samples() ? this.#log : undefined;
    const trace = this.#tracer?.begin(route, headers, method);
    if (log === undefined && trace === undefined) return undefined;
    return new WatchedRequest(route, route.startsWith(GRPC) ? undefined : method, headers, log, trace);
  }
}

class WatchedRequest implements Observation {
  readonly #route: string;
  readonly #method: string | undefined;
  readonly #headers: IncomingHttpHeaders;
  readonly #log: AccessLog | undefined;
  readonly #trace: RequestTrace | undefined;
  readonly #startedMs = performance.now();
  readonly #begun: { readonly stage: Stage; readonly atMs: number }[] = [];
  #finished = false;

  constructor(
    route: string,
    method: string | undefined,
    headers: IncomingHttpHeaders,
    log: AccessLog | undefined,
    trace: RequestTrace | undefined,
  ) {
    this.#route = route;
    this.#method = method;
    this.#headers = headers;
    this.#log = log;
    this.#trace = trace;
  }

  get replyHeaders(): Readonly<Record<string, string>> {
    return this.#trace?.replyHeaders ?? NO_HEADERS;
  }

  get trace(): TraceIds | undefined {
    return this.#trace?.ids;
  }

  stage(stage: Stage): void {
    this.#begun.push({ stage, atMs: performance.now() - this.#startedMs });
  }

  finish(outcome: Outcome): void {
    if (this.#finished) return;
    this.#finished = true;
    const durationMs = performance.now() - this.#startedMs;
    const stages = this.#begun.map(({ stage, atMs }, i): TimedStage => ({
      stage,
      startMs: atMs,
      endMs: this.#begun[i + 1]?.atMs ?? durationMs,
    }));
    this.#trace?.end(outcome, durationMs, stages);
    this.#log?.write({
      route: this.#route,
      method: this.#method,
      headers: this.#headers,
      trace: this.trace,
      outcome,
      durationMs,
      stages: stages.map(({ stage, startMs, endMs }) => [stage, endMs - startMs]),
    });
  }
}

const NO_HEADERS = {};
