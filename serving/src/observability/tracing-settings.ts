import { z } from 'zod';

const endpoint = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional();
const protocol = z.enum(['grpc', 'http/protobuf'], { error: 'must be grpc or http/protobuf' });
const PROPAGATORS = ['tracecontext', 'baggage', 'none'] as const;

/**
 * OpenTelemetry's standard variables, as far as they are this tier's to read. The exporter reads the others itself:
 * OTEL_EXPORTER_OTLP_[TRACES_]HEADERS, _TIMEOUT, _COMPRESSION and the certificates; the resource is described by
 * OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
 */
export const tracingVariables = z.object({
  /** Switches tracing off, whatever else is set. */
  OTEL_SDK_DISABLED: z
    .string()
    .transform((text) => text.trim().toLowerCase() === 'true')
    .default(false),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none'], { error: 'must be otlp or none' }).default('otlp'),
  /** Where a collector listens; `/v1/traces` is appended for HTTP. Unset, with the next one: tracing is off. */
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  /** The same for traces alone, taken as it is. Wrong: spans are dropped, and the log says so once. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol.default('http/protobuf'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol.optional(),
  /** Which requests are traced. Reloads of a model always are, except with always_off. */
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on'),
  /** Share of the traces that begin here, for the two samplers with a ratio. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  /** Without `tracecontext`, traces begin and end here. `baggage` is accepted: nothing here reads it or passes it on. */
  OTEL_PROPAGATORS: z
    .string()
    .default('tracecontext,baggage')
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(PROPAGATORS, { error: `must be a list of ${PROPAGATORS.join(', ')}` }))),
  /** Spans wait this long for company, in milliseconds. */
  OTEL_BSP_SCHEDULE_DELAY: z.coerce.number().int().positive().default(5_000),
  /** Spans that wait to be exported; more than these are dropped. */
  OTEL_BSP_MAX_QUEUE_SIZE: z.coerce.number().int().positive().default(2_048),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: z.coerce.number().int().positive().default(512),
});

type TracingVariables = z.infer<typeof tracingVariables>;

/** How to trace. */
export interface TracingSettings {
  readonly url: string;
  readonly protocol: 'grpc' | 'http/protobuf';
  readonly sampler: TracingVariables['OTEL_TRACES_SAMPLER'];
  /** 0 to 1. */
  readonly samplerRatio: number;
  /** Whether traces come in from callers and go out to the registry. */
  readonly propagates: boolean;
  readonly scheduleDelayMs: number;
  readonly maxQueuedSpans: number;
  readonly maxBatchSpans: number;
}

function tracesUrl(base: string): string {
  return `${base.replace(/\/+$/, '')}/v1/traces`;
}

/** @returns undefined: tracing is off */
export function tracingSettings(env: TracingVariables): TracingSettings | undefined {
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? env.OTEL_EXPORTER_OTLP_PROTOCOL;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url =
    env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
    (base === undefined || protocol === 'grpc' ? base : tracesUrl(base));
  const off = env.OTEL_SDK_DISABLED || env.OTEL_TRACES_EXPORTER === 'none';
  if (off || url === undefined) return undefined;
  return {
    url,
    protocol,
    sampler: env.OTEL_TRACES_SAMPLER,
    samplerRatio: env.OTEL_TRACES_SAMPLER_ARG,
    propagates: env.OTEL_PROPAGATORS.includes('tracecontext'),
    scheduleDelayMs: env.OTEL_BSP_SCHEDULE_DELAY,
    maxQueuedSpans: env.OTEL_BSP_MAX_QUEUE_SIZE,
    maxBatchSpans: Math.min(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, env.OTEL_BSP_MAX_QUEUE_SIZE),
  };
}
