import { Gauge, type Registry } from 'prom-client';

/** What a role of a model gets here. */
export interface RoleTraffic {
  readonly role: string;
  readonly version: string;
  /** Part of the live traffic, from 0 to 1. */
  readonly share: number;
}

/** Whether what is wanted in a role is there. */
export interface RoleAvailability {
  readonly role: string;
  readonly version: string;
  readonly available: boolean;
}

/** A digest that may not answer. */
export interface QuarantinedVersion {
  readonly version: string;
  readonly digest: string;
  readonly cause: string;
  /** ISO 8601. */
  readonly at: string;
}

/** One model's traffic, as it is at the moment. */
export interface ModelTraffic {
  readonly model: string;
  readonly shares: readonly RoleTraffic[];
  readonly wanted: readonly RoleAvailability[];
  /** Whether the registry's policy was understood when it was read last. */
  readonly readable: boolean;
  /** The newest first. */
  readonly quarantined: readonly QuarantinedVersion[];
}

/** More have no series of their own: each is one for as long as nobody lifts it. */
const MAX_QUARANTINES = 20;

/** Gauges of the traffic policies in force: read off when they are asked for. */
export function trafficMetrics(registry: Registry, models: () => readonly ModelTraffic[]): void {
  const registers = [registry];
  new Gauge({
    name: 'serving_traffic_share',
    help: 'Part of the live traffic that the policy in force gives a version here, 0 for one that is not available; for a shadow the part that it sees as well',
    labelNames: ['model', 'model_version', 'role'],
    aggregator: 'average',
    registers,
    collect() {
      this.reset();
      for (const { model, shares } of models())
        for (const { role, version, share } of shares)
          this.set({ model, model_version: version, role }, share);
    },
  });
  new Gauge({
    name: 'serving_role_available',
    help: '1 if the version that the policy in force has in this role is available, in every worker',
    labelNames: ['model', 'model_version', 'role'],
    aggregator: 'min',
    registers,
    collect() {
      this.reset();
      for (const { model, wanted } of models())
        for (const { role, version, available } of wanted)
          this.set({ model, model_version: version, role }, available ? 1 : 0);
    },
  });
  new Gauge({
    name: 'serving_traffic_policy_readable',
    help: '1 if the traffic policy in the registry was understood when it was read last, in every worker',
    labelNames: ['model'],
    aggregator: 'min',
    registers,
    collect() {
      for (const { model, readable } of models()) this.set({ model }, readable ? 1 : 0);
    },
  });
  new Gauge({
    name: 'serving_model_quarantine_timestamp_seconds',
    help: 'When a digest was kept from answering, by the version that carried it; the newest only',
    labelNames: ['model', 'model_version', 'digest', 'cause'],
    aggregator: 'max',
    registers,
    collect() {
      this.reset();
      for (const { model, quarantined } of models())
        for (const { version, digest, cause, at } of quarantined.slice(0, MAX_QUARANTINES))
          this.set({ model, model_version: version, digest, cause }, Date.parse(at) / 1_000);
    },
  });
}
