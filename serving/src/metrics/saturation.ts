import { Gauge, type Registry } from 'prom-client';

/** How full the tier is, read when metrics are asked for. */
export interface Saturation {
  /** Work that was admitted and is not done, in milliseconds. */
  readonly queuedMs: () => number;
  /** Bytes of large bodies that requests hold. */
  readonly bufferedBytes: () => number;
}

/** What stands before refusals begin: the gauges to look at when requests are answered with 429 or 503. */
export function saturationMetrics(registry: Registry, { queuedMs, bufferedBytes }: Saturation): void {
  const registers = [registry];
  new Gauge({
    name: 'serving_queued_work_seconds',
    help: 'Computing that was admitted and is not done; MAX_QUEUE_MS bounds it in each worker',
    registers,
    collect() {
      this.set(queuedMs() / 1_000);
    },
  });
  new Gauge({
    name: 'serving_buffered_body_bytes',
    help: 'Bytes of large bodies that requests hold; MAX_BUFFERED_BYTES bounds it in each worker',
    registers,
    collect() {
      this.set(bufferedBytes());
    },
  });
}
