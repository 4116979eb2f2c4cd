import {
  defaultTextMapSetter,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type TextMapPropagator,
  type Tracer,
} from '@opentelemetry/api';
import type { CallObserver, CallTarget, ObservedCall } from '../../registry/observed-call.js';
import type { Reload } from './otel-reload-tracer.js';

/** Client spans of the calls that a reload makes. */
export class OtelCallObserver implements CallObserver {
  readonly #tracer: Tracer;
  readonly #propagator: TextMapPropagator | undefined;
  readonly #currentReload: () => Reload | undefined;

  constructor(
    tracer: Tracer,
    propagator: TextMapPropagator | undefined,
    currentReload: () => Reload | undefined,
  ) {
    this.#tracer = tracer;
    this.#propagator = propagator;
    this.#currentReload = currentReload;
  }

  begin({ method, route, host, port }: CallTarget): ObservedCall | undefined {
    const reload = this.#currentReload();
    if (reload === undefined) return undefined;
    const span = this.#tracer.startSpan(
      `${method} ${route}`,
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': method,
          'url.template': route,
          'server.address': host,
          'server.port': port,
        },
      },
      reload.parent,
    );
    const headers: Record<string, string> = {};
    // A look that finds nothing new is traced nowhere: the registry is told that its caller does not record.
    const context = span.spanContext();
    const sent = reload.isKept ? context : { ...context, traceFlags: TraceFlags.NONE };
    this.#propagator?.inject(trace.setSpanContext(reload.parent, sent), headers, defaultTextMapSetter);
    return {
      headers,
      finish(status, error) {
        if (status !== undefined) span.setAttribute('http.response.status_code', status);
        if (error !== undefined) {
          span.setAttribute('error.type', error);
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        reload.end(span);
      },
    };
  }
}
