import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { Outcome, Stage, TraceIds } from '../api/observation.js';
import { messageOf } from '../errors.js';
import type { CallObserver } from '../registry/observed-call.js';
import type { TracingSettings } from './tracing-settings.js';

/** A stage of a request, in milliseconds since the request began. */
export interface TimedStage {
  readonly stage: Stage;
  readonly startMs: number;
  readonly endMs: number;
}

/** The span of one request. */
export interface RequestTrace {
  readonly ids: TraceIds;
  readonly replyHeaders: Readonly<Record<string, string>>;
  end(outcome: Outcome, durationMs: number, stages: readonly TimedStage[]): void;
}

export interface RequestTracer {
  /** @returns undefined for a request that is not to be traced */
  begin(route: string, headers: IncomingHttpHeaders, method: string): RequestTrace | undefined;
}

/**
 * Traces what following an alias does: a trace begins with each look at the registry, and is kept only when a
 * package is fetched. Calls come in the order of the methods below; a look that finds nothing new ends after the
 * first two.
 */
export interface ReloadTracer {
  /** The alias is read. */
  resolving<T>(resolve: () => Promise<T>): Promise<T>;
  /** What it points at is made the version to serve. */
  aspiring(aspire: () => Promise<void>): Promise<void>;
  /** Its package is downloaded, or verified where it lies. */
  fetching<T>(version: string, digest: string, fetch: () => Promise<T>): Promise<T>;
  loaded(): void;
  /** @param code says why, as in errors.ts */
  failed(code: string): void;
  /** Of the reload that is going on, for log lines. */
  readonly ids: TraceIds | undefined;
}

/** Tracing that is on. */
export interface Tracing {
  readonly requests: RequestTracer;
  /** Calls to the registry, which carry the trace that they are part of. */
  readonly calls: CallObserver;
  reloadsOf(model: string, alias: string): ReloadTracer;
  /** Exports what is left, for at most some seconds. */
  stop(): Promise<void>;
}

/** Who traces: the resource attributes `service.name` and `service.version`, unless the environment has others. */
export interface TracedService {
  readonly name: string;
  readonly version: string;
}

/** @returns undefined where tracing is off: OpenTelemetry is then not even read from disk */
export async function startTracing(
  settings: TracingSettings | undefined,
  service: TracedService,
  log: Logger,
): Promise<Tracing | undefined> {
  if (settings === undefined) return undefined;
  const { OtlpTracing } = await import('./otel/otlp-tracing.js');
  const tracing = await OtlpTracing.start(settings, service, {
    failing(error) {
      log.warn(
        { cause: messageOf(error), endpoint: settings.url },
        'traces can not be exported and are dropped',
      );
    },
    recovered() {
      log.info({ endpoint: settings.url }, 'traces are exported again');
    },
  });
  log.info(
    { endpoint: settings.url, protocol: settings.protocol, sampler: settings.sampler },
    'tracing is on',
  );
  return tracing;
}
