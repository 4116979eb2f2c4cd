import type { Sample } from '../../src/prometheus/prometheus-client.js';
import type { AlertState, PrometheusReader } from '../prometheus-reader.js';

/** The alert that an attack is to reach. */
export const ATTACK_ALERT = 'ServingAtMaxReplicasAndHot';

/** What Prometheus says of the platform; a member is undefined where it has no series for it. */
export interface Reading {
  /** Applications scored a second, over a minute. */
  readonly scoredRate: number | undefined;
  /** Messages. */
  readonly lag: number | undefined;
  readonly p99Seconds: number | undefined;
  readonly shedRatio: number | undefined;
  readonly replicas: number | undefined;
  readonly maxReplicas: number | undefined;
  /** Of the busiest replica, as a share of its CPU limit. */
  readonly utilisation: number | undefined;
  readonly alert: AlertState;
}

/** One second of an attack. */
export interface Moment {
  /** Since the first look. */
  readonly second: number;
  /** Messages a second that are due. */
  readonly targetRate: number;
  /** Messages a second that were offered since the last look. */
  readonly offeredRate: number;
  readonly step: number;
  /** undefined: Prometheus does not answer. */
  readonly reading: Reading | undefined;
}

/** @throws where Prometheus does not answer */
export async function readPlatform(prometheus: PrometheusReader): Promise<Reading> {
  const series = (name: string): Promise<number | undefined> => prometheus.fresh(name).then(greatest);
  const [scoredRate, lag, p99Seconds, shedRatio, replicas, maxReplicas, utilisation, alert] =
    await Promise.all([
      series('namespace:stream_messages:rate1m{result="scored"}'),
      series('namespace:stream_lag:sum'),
      series('namespace:serving_prediction_duration:p99_1m'),
      series('namespace:serving_shed:ratio_rate1m'),
      series('namespace:serving_replicas:count'),
      series('namespace:serving_replicas:max'),
      series('namespace_replica:serving_cpu:utilisation'),
      prometheus.alert(ATTACK_ALERT),
    ]);
  return { scoredRate, lag, p99Seconds, shedRatio, replicas, maxReplicas, utilisation, alert };
}

function greatest(samples: readonly Sample[]): number | undefined {
  const values = samples.map(({ value }) => value).filter(Number.isFinite);
  return values.length === 0 ? undefined : Math.max(...values);
}
