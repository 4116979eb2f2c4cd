import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import type { TracingSettings } from '../tracing-settings.js';
import type { ReloadTracer, TracedService, Tracing } from '../tracing.js';
import { ExportWatch, type ExportListener } from './export-watch.js';
import { OtelCallObserver } from './otel-call-observer.js';
import { OtelReloadTracer, type Reload } from './otel-reload-tracer.js';
import { OtelRequestTracer } from './otel-request-tracer.js';

/** A collector that does not answer must not hold up a stop. */
const STOP_TIMEOUT_MS = 3_000;

function samplerOf({ sampler, samplerRatio }: TracingSettings): Sampler {
  switch (sampler) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(samplerRatio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplerRatio) });
  }
}

function resourceOf(service: TracedService): Resource {
  const own = resourceFromAttributes({
    'service.name': service.name,
    'service.version': service.version,
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
  });
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
}

/** @param url of the settings; what else there is, such as headers and certificates, the exporter reads itself */
async function exporterOf({ protocol, url }: TracingSettings): Promise<SpanExporter> {
  if (protocol === 'grpc') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
    return new OTLPTraceExporter({ url });
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({ url });
}

/** Traces with OpenTelemetry's SDK, which is registered nowhere globally: several tiers in a process don't meet. */
export class OtlpTracing implements Tracing {
  readonly requests: OtelRequestTracer;
  readonly calls: OtelCallObserver;
  readonly #reloads: (model: string, alias: string) => ReloadTracer;
  readonly #providers: readonly TracerProvider[];

  private constructor(settings: TracingSettings, service: TracedService, exporter: SpanExporter) {
    const processor = new BatchSpanProcessor({
      exporter,
      scheduledDelayMillis: settings.scheduleDelayMs,
      maxQueueSize: settings.maxQueuedSpans,
      maxExportBatchSize: settings.maxBatchSpans,
    });
    const resource = resourceOf(service);
    const provide = (sampler: Sampler): TracerProvider =>
      new TracerProvider({ resource, sampler, spanProcessors: [processor] });
    const ofRequests = provide(samplerOf(settings));
    // A reload is rare, and the first thing one looks for when a version does not arrive: no ratio thins them out.
    const ofReloads = provide(
      settings.sampler === 'always_off' ? new AlwaysOffSampler() : new AlwaysOnSampler(),
    );
    this.#providers = [ofRequests, ofReloads];
    const propagator = settings.propagates ? new W3CTraceContextPropagator() : undefined;
    const scope = new AsyncLocalStorage<Reload>();
    this.requests = new OtelRequestTracer(ofRequests.getTracer(service.name), propagator);
    const reloadTracer = ofReloads.getTracer(service.name);
    this.calls = new OtelCallObserver(reloadTracer, propagator, () => scope.getStore());
    this.#reloads = (model, alias) => new OtelReloadTracer(reloadTracer, scope, model, alias);
  }

  static async start(
    settings: TracingSettings,
    service: TracedService,
    listener: ExportListener,
  ): Promise<OtlpTracing> {
    return new OtlpTracing(settings, service, new ExportWatch(await exporterOf(settings), listener));
  }

  reloadsOf(model: string, alias: string): ReloadTracer {
    return this.#reloads(model, alias);
  }

  async stop(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeIsOver = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_TIMEOUT_MS);
    });
    const exported = Promise.allSettled(this.#providers.map((provider) => provider.shutdown()));
    await Promise.race([exported, timeIsOver]);
    clearTimeout(timer);
  }
}
