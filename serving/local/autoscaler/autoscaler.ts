import { Gauge, Registry } from 'prom-client';
import type { Sample } from '../../src/prometheus/prometheus-client.js';
import {
  recommendedReplicas,
  stabilisedReplicas,
  type Recommendation,
  type ScalingRule,
} from './horizontal-scaling.js';
import type { WorkersNow } from './tier-workers.js';

const UTILISATION = 'namespace_replica:serving_cpu:utilisation';

export interface Scaled {
  read(): Promise<WorkersNow>;
  resize(count: number): Promise<void>;
}

export interface Readings {
  fresh(series: string): Promise<readonly Sample[]>;
}

/** What came of one look. */
export interface Look {
  readonly replicas: number;
  readonly desired: number;
  /** Mean of those replicas that have a reading; undefined where Prometheus has none. */
  readonly utilisation: number | undefined;
  /** Why there was no change that would otherwise have been looked for. */
  readonly trouble: string | undefined;
}

/**
 * Stands in for a HorizontalPodAutoscaler on one machine: workers of a tier are its replicas. What Prometheus does not
 * say, or says in no number, changes nothing.
 *
 * The CPU limit of a replica is a number that utilisation is measured by; no kernel holds a worker to it.
 */
export class Autoscaler {
  readonly metrics = new Registry();
  readonly #rule: ScalingRule;
  readonly #tier: Scaled;
  readonly #readings: Readings;
  readonly #now: () => number;
  readonly #replicas: Gauge;
  readonly #desired: Gauge;
  #recommendations: readonly Recommendation[] = [];

  constructor(
    rule: ScalingRule,
    cpuLimitCores: number,
    tier: Scaled,
    readings: Readings,
    now = () => performance.now(),
  ) {
    this.#rule = rule;
    this.#tier = tier;
    this.#readings = readings;
    this.#now = now;
    const registers = [this.metrics];
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
    gauge('autoscaler_replicas_min', 'Replicas that there are at least').set(rule.min);
    gauge('autoscaler_replicas_max', 'Replicas that there are at most').set(rule.max);
    gauge('autoscaler_replica_cpu_limit_cores', 'CPU limit of a replica that utilisation is measured by').set(
      cpuLimitCores,
    );
    this.#replicas = gauge('autoscaler_replicas', 'Replicas that exist, ready or not');
    this.#desired = gauge('autoscaler_desired_replicas', 'Replicas that there are to be');
  }

  /** Reads, decides and acts once. @throws where the tier does not answer or refuses */
  async look(): Promise<Look> {
    const { wanted, ids } = await this.#tier.read();
    this.#replicas.set(ids.length);
    const reading = await this.#utilisations(ids);
    const nowMs = this.#now();
    let desired = Math.min(this.#rule.max, Math.max(this.#rule.min, wanted));
    if (reading.trouble === undefined) {
      const replicas = recommendedReplicas(wanted, reading.values, this.#rule);
      this.#recommendations = [
        ...this.#recommendations.filter(({ atMs }) => nowMs - atMs <= this.#rule.stabilisationMs),
        { atMs: nowMs, replicas },
      ];
      desired = stabilisedReplicas(wanted, this.#recommendations, nowMs, this.#rule);
    }
    this.#desired.set(desired);
    if (desired !== wanted) await this.#tier.resize(desired);
    const { values, trouble } = reading;
    const utilisation =
      trouble === undefined ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
    return { replicas: ids.length, desired, utilisation, trouble };
  }

  /** Of replicas that exist: one that has ended is in rates for a while yet. */
  async #utilisations(
    ids: readonly number[],
  ): Promise<{ readonly values: readonly number[]; readonly trouble: string | undefined }> {
    const living = new Set(ids.map(String));
    try {
      const samples = await this.#readings.fresh(UTILISATION);
      const values = samples
        .filter(({ labels }) => living.has(labels['replica'] ?? ''))
        .map(({ value }) => value);
      if (values.length === 0) return { values, trouble: `${UTILISATION} has no fresh sample` };
      if (!values.every(Number.isFinite)) return { values, trouble: `${UTILISATION} is no number` };
      return { values, trouble: undefined };
    } catch (error) {
      return { values: [], trouble: error instanceof Error ? error.message : String(error) };
    }
  }
}
