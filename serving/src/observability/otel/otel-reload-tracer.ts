import type { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { TraceIds } from '../../api/observation.js';
import type { ReloadTracer } from '../tracing.js';

/**
 * One look at an alias, and the reload that it may become. The alias is read every few seconds and nearly always
 * says what is known already, so spans are held back until a package is fetched; a look that does not come to that
 * leaves nothing.
 */
export class Reload {
  readonly #root: Span;
  #parent: Context;
  #heldBack: (() => void)[] | undefined = [];

  constructor(root: Span) {
    this.#root = root;
    this.#parent = trace.setSpan(ROOT_CONTEXT, root);
  }

  get root(): Span {
    return this.#root;
  }

  /** Of which spans that begin now are children. */
  get parent(): Context {
    return this.#parent;
  }

  get isKept(): boolean {
    return this.#heldBack === undefined;
  }

  keep(): void {
    for (const end of this.#heldBack ?? []) end();
    this.#heldBack = undefined;
  }

  /** Ends a span of it now, or as of now if it is kept later. */
  end(span: Span): void {
    const endedAt = Date.now();
    if (this.#heldBack === undefined) span.end(endedAt);
    else {
      this.#heldBack.push(() => {
        span.end(endedAt);
      });
    }
  }

  /** Runs something as a span of its own, under which its calls come to lie. */
  async spanning<T>(span: Span, run: () => Promise<T>): Promise<T> {
    const outer = this.#parent;
    this.#parent = trace.setSpan(outer, span);
    try {
      return await run();
    } catch (error) {
      span.setAttribute('error.type', kindOf(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      this.#parent = outer;
      this.end(span);
    }
  }
}

/** The code of an error that has one, such as a LoadError. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** The reloads of one followed model, one after the other. */
export class OtelReloadTracer implements ReloadTracer {
  readonly #tracer: Tracer;
  readonly #scope: AsyncLocalStorage<Reload>;
  readonly #attributes: Readonly<Record<string, string>>;
  #reload: Reload | undefined;
  #loading: Span | undefined;

  constructor(tracer: Tracer, scope: AsyncLocalStorage<Reload>, model: string, alias: string) {
    this.#tracer = tracer;
    this.#scope = scope;
    this.#attributes = { 'serving.model.name': model, 'serving.model.alias': alias };
  }

  get ids(): TraceIds | undefined {
    if (this.#reload?.isKept !== true) return undefined;
    const { traceId, spanId } = this.#reload.root.spanContext();
    return { trace_id: traceId, span_id: spanId };
  }

  async resolving<T>(resolve: () => Promise<T>): Promise<T> {
    const reload = this.#begin();
    const span = this.#tracer.startSpan('resolve alias', {}, reload.parent);
    return this.#scope.run(reload, () => reload.spanning(span, resolve));
  }

  async aspiring(aspire: () => Promise<void>): Promise<void> {
    const reload = this.#reload ?? this.#begin();
    try {
      await this.#scope.run(reload, aspire);
    } finally {
      this.loaded();
      if (reload.isKept) reload.root.end(Date.now());
      this.#reload = undefined;
    }
  }

  async fetching<T>(version: string, digest: string, fetch: () => Promise<T>): Promise<T> {
    const reload = this.#reload ?? this.#begin();
    reload.root.setAttributes({ 'serving.model.version': version, 'serving.model.digest': digest });
    reload.keep();
    const span = this.#tracer.startSpan('fetch package', {}, reload.parent);
    const fetched = await this.#scope.run(reload, () => reload.spanning(span, fetch));
    this.#loading = this.#tracer.startSpan('load and warm up', {}, reload.parent);
    return fetched;
  }

  loaded(): void {
    // By the clock that spans begin by: left to itself a span adds what it took, and may end after its parent.
    this.#loading?.end(Date.now());
    this.#loading = undefined;
  }

  failed(code: string): void {
    for (const span of [this.#loading, this.#reload?.root]) {
      span?.setAttribute('error.type', code);
      span?.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.loaded();
  }

  #begin(): Reload {
    const root = this.#tracer.startSpan('reload model', { root: true, attributes: this.#attributes });
    this.#reload = new Reload(root);
    return this.#reload;
  }
}
