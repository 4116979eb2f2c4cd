import { TraceFlags, type SpanContext } from '@opentelemetry/api';

/** A span in the form of the W3C's `traceparent`, which is that of `traceresponse` as well. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;
}
