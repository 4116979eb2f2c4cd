import type { IncomingHttpHeaders } from 'node:http';
import {
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type TextMapPropagator,
  type Tracer,
} from '@opentelemetry/api';
import type { Outcome, TraceIds } from '../../api/observation.js';
import { REQUEST_ERRORS } from '../../errors.js';
import type { RequestTrace, RequestTracer, TimedStage } from '../tracing.js';
import { traceparentOf } from './traceparent.js';

const GRPC = 'grpc/';
const GRPC_SERVICE = 'inference.GRPCInferenceService';
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);
/** Statuses that are the server's fault, by the semantic conventions for gRPC. The others are the client's. */
const GRPC_FAILURES = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** Name and attributes that a span begins with, by OpenTelemetry's semantic conventions. */
interface Beginning {
  readonly name: string;
  readonly attributes: Attributes;
}

function beginningOf(route: string, method: string): Beginning {
  if (route.startsWith(GRPC)) {
    const name = `${GRPC_SERVICE}/${route.slice(GRPC.length)}`;
    return { name, attributes: { 'rpc.system.name': 'grpc', 'rpc.method': name } };
  }
  return {
    name: `${method} ${route}`,
    attributes: { 'http.request.method': method, 'http.route': route, 'url.scheme': 'http' },
  };
}

function grpcStatusOf(code: string): string {
  if (code === 'ok') return 'OK';
  return code in REQUEST_ERRORS ? REQUEST_ERRORS[code as keyof typeof REQUEST_ERRORS].grpc : 'UNKNOWN';
}

/** Server spans. Nothing that a client sent becomes part of one, but the trace that it is in and its request id. */
export class OtelRequestTracer implements RequestTracer {
  readonly #tracer: Tracer;
  readonly #propagator: TextMapPropagator | undefined;
  /** Routes are declared and methods are a closed set, so these are few. */
  readonly #beginnings = new Map<string, Beginning>();

  /** @param propagator undefined: every trace begins here */
  constructor(tracer: Tracer, propagator: TextMapPropagator | undefined) {
    this.#tracer = tracer;
    this.#propagator = propagator;
  }

  begin(route: string, headers: IncomingHttpHeaders, method: string): RequestTrace | undefined {
    const parent = this.#propagator?.extract(ROOT_CONTEXT, headers, defaultTextMapGetter) ?? ROOT_CONTEXT;
    const { name, attributes } = this.#beginning(route, METHODS.has(method) ? method : '_OTHER');
    const startedAt = Date.now();
    const span = this.#tracer.startSpan(
      name,
      { kind: SpanKind.SERVER, attributes, startTime: startedAt },
      parent,
    );
    return span.isRecording() ? new OtelRequestTrace(this.#tracer, span, startedAt, attributes) : undefined;
  }

  #beginning(route: string, method: string): Beginning {
    const key = `${method} ${route}`;
    let beginning = this.#beginnings.get(key);
    if (beginning === undefined) {
      beginning = beginningOf(route, method);
      this.#beginnings.set(key, beginning);
    }
    return beginning;
  }
}

class OtelRequestTrace implements RequestTrace {
  readonly ids: TraceIds;
  readonly replyHeaders: Readonly<Record<string, string>>;
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #startedAt: number;
  /** undefined: gRPC. */
  readonly #method: Attributes[string];

  constructor(tracer: Tracer, span: Span, startedAt: number, attributes: Attributes) {
    this.#tracer = tracer;
    this.#span = span;
    this.#startedAt = startedAt;
    this.#method = attributes['http.request.method'];
    const context = span.spanContext();
    this.ids = { trace_id: context.traceId, span_id: context.spanId };
    this.replyHeaders = { traceresponse: traceparentOf(context) };
  }

  end(outcome: Outcome, durationMs: number, stages: readonly TimedStage[]): void {
    const { code, requestId, servable, rows } = outcome;
    this.#span.setAttribute('serving.request_id', requestId);
    if (rows !== undefined) this.#span.setAttribute('serving.rows', rows);
    if (servable !== undefined) {
      this.#span.setAttributes({
        'serving.model.name': servable.modelName,
        'serving.model.version': servable.version,
        'serving.model.digest': servable.digest,
      });
    }
    if (code !== 'ok') this.#span.setAttribute('serving.code', code);
    if (this.#setStatus(outcome)) {
      this.#span.setAttribute('error.type', code);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    const context = trace.setSpan(ROOT_CONTEXT, this.#span);
    for (const { stage, startMs, endMs } of stages) {
      this.#tracer
        .startSpan(stage, { startTime: this.#startedAt + startMs }, context)
        .end(this.#startedAt + endMs);
    }
    this.#span.end(this.#startedAt + durationMs);
  }

  /** @returns whether it is the tier that failed; what a client did wrong is no error of the server's span */
  #setStatus({ status, code, route }: Outcome): boolean {
    if (this.#method === undefined) {
      const name = grpcStatusOf(code);
      this.#span.setAttribute('rpc.status_code', name);
      return GRPC_FAILURES.has(name);
    }
    this.#span.setAttribute('http.response.status_code', status);
    if (route !== undefined) {
      this.#span.setAttribute('http.route', route);
      this.#span.updateName(`${String(this.#method)} ${route}`);
    }
    return status >= 500;
  }
}
