import type { Registry } from 'prom-client';

/** Answered requests of one route with one outcome, since the start. */
export interface RequestCounter {
  readonly route: string;
  readonly status: number;
  readonly code: string;
  readonly count: number;
}

/** Predictions of one version, since the start. */
export interface PredictionCounter {
  readonly model: string;
  readonly version: string;
  readonly alias: string;
  readonly count: number;
  readonly rows: number;
  /** Upper bounds in seconds, ascending, and how many predictions took at most that long. The last is infinite. */
  readonly buckets: readonly (readonly [boundSeconds: number, count: number])[];
}

/** What the metrics say of the traffic at one moment. By a key that names the series. */
export interface TrafficCounters {
  readonly atMs: number;
  readonly requests: ReadonlyMap<string, RequestCounter>;
  readonly predictions: ReadonlyMap<string, PredictionCounter>;
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly metricName?: string;
}

async function samplesOf(registry: Registry, name: string): Promise<readonly Sample[]> {
  const metric = registry.getSingleMetric(name);
  return metric === undefined ? [] : (await metric.get()).values;
}

function keyOf(...parts: readonly unknown[]): string {
  return JSON.stringify(parts);
}

/** Reads the counters that the tier keeps anyway; nothing is counted for the console alone. */
export async function trafficCounters(registry: Registry, atMs: number): Promise<TrafficCounters> {
  const [requests, durations, rows] = await Promise.all([
    samplesOf(registry, 'serving_requests_total'),
    samplesOf(registry, 'serving_prediction_duration_seconds'),
    samplesOf(registry, 'serving_prediction_rows_total'),
  ]);
  return { atMs, requests: requestCounters(requests), predictions: predictionCounters(durations, rows) };
}

function requestCounters(samples: readonly Sample[]): ReadonlyMap<string, RequestCounter> {
  return new Map(
    samples.map(({ labels, value }) => {
      const { route, status, code } = labels;
      const counter = { route: String(route), status: Number(status), code: String(code), count: value };
      return [keyOf(route, status, code), counter];
    }),
  );
}

function predictionCounters(
  durations: readonly Sample[],
  rows: readonly Sample[],
): ReadonlyMap<string, PredictionCounter> {
  const series = (labels: Sample['labels']): string =>
    keyOf(labels['model'], labels['model_version'], labels['alias']);
  const rowCounts = new Map(rows.map(({ labels, value }) => [series(labels), value]));
  const counters = new Map<string, PredictionCounter>();
  for (const { labels, value, metricName } of durations) {
    if (metricName?.endsWith('_bucket') !== true) continue;
    const key = series(labels);
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
    const known = counters.get(key) ?? {
      model: String(labels['model']),
      version: String(labels['model_version']),
      alias: String(labels['alias']),
      count: 0,
      rows: rowCounts.get(key) ?? 0,
      buckets: [],
    };
    counters.set(key, {
      ...known,
      buckets: [...known.buckets, [bound, value] as const].sort(([one], [other]) => one - other),
      count: bound === Infinity ? value : known.count,
    });
  }
  return counters;
}
