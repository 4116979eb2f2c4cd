import { AggregatorRegistry, type Aggregator, type Registry } from 'prom-client';
import type { MetricFamily, MetricSample } from '../api/replica.js';

/** prom-client's own metrics, where its way to combine them hides the worker that is in trouble, or drops them. */
const COMBINED_BY: Readonly<Record<string, Aggregator>> = {
  process_start_time_seconds: 'min',
  process_max_fds: 'max',
  nodejs_eventloop_lag_seconds: 'max',
  nodejs_eventloop_lag_mean_seconds: 'max',
  nodejs_eventloop_lag_stddev_seconds: 'max',
  nodejs_eventloop_lag_p50_seconds: 'max',
  nodejs_eventloop_lag_p90_seconds: 'max',
  nodejs_eventloop_lag_p99_seconds: 'max',
};

/**
 * The metrics of several processes as those of one.
 *
 * Counters and histograms never fall: what a process had counted by the last look is kept when it ends, since
 * Prometheus takes a sum that falls for a restart, and all that is left of it for new. What it counted after
 * the last look is lost with it.
 */
export class SummedMetrics {
  readonly #latest = new Map<number, readonly MetricFamily[]>();
  #kept: readonly MetricFamily[] = [];

  /** @param processId that no other process has or had */
  record(processId: number, families: readonly MetricFamily[]): void {
    this.#latest.set(processId, families);
  }

  /** The process is no more. */
  ended(processId: number): void {
    const counted = (this.#latest.get(processId) ?? []).filter(isCounted);
    this.#latest.delete(processId);
    // Versions that nobody has served for long are no series of any worker any more, and need not be kept for ever.
    const living = modelVersions([...this.#latest.values(), counted]);
    this.#kept = combined([this.#kept, counted]).map((family) => ({
      ...family,
      values: family.values.filter(({ labels }) => isOfVersions(labels, living)),
    }));
  }

  /** CPU time of a process that has not ended, as of the last look; undefined before the first. */
  cpuSecondsOf(processId: number): number | undefined {
    const family = this.#latest.get(processId)?.find(({ name }) => name === 'process_cpu_seconds_total');
    return family?.values[0]?.value;
  }

  /** A copy, of use for one look. */
  registry(): Registry {
    return aggregate([...this.#latest.values(), this.#kept]);
  }
}

function isCounted({ type }: MetricFamily): boolean {
  return type === 'counter' || type === 'histogram';
}

function modelVersions(processes: readonly (readonly MetricFamily[])[]): ReadonlySet<unknown> {
  return new Set(
    processes.flat().flatMap(({ values }) => values.map(({ labels }) => labels['model_version'])),
  );
}

function isOfVersions(labels: MetricSample['labels'], versions: ReadonlySet<unknown>): boolean {
  return labels['model_version'] === undefined || versions.has(labels['model_version']);
}

function aggregate(processes: readonly (readonly MetricFamily[])[]): Registry {
  return AggregatorRegistry.aggregate(
    processes.map((families) =>
      families.map((family) => ({ ...family, aggregator: COMBINED_BY[family.name] ?? family.aggregator })),
    ),
  );
}

function combined(processes: readonly (readonly MetricFamily[])[]): MetricFamily[] {
  const sums = new Map<string, MetricFamily>();
  for (const family of processes.flat()) {
    const sum = sums.get(family.name);
    sums.set(
      family.name,
      sum === undefined ? family : { ...family, values: summed(sum.values, family.values) },
    );
  }
  return [...sums.values()];
}

function summed(ones: readonly MetricSample[], others: readonly MetricSample[]): MetricSample[] {
  const sums = new Map<string, MetricSample>();
  for (const sample of [...ones, ...others]) {
    const key = JSON.stringify([sample.metricName, Object.entries(sample.labels).sort()]);
    sums.set(key, { ...sample, value: sample.value + (sums.get(key)?.value ?? 0) });
  }
  return [...sums.values()];
}
