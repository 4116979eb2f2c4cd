import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry of our own: two tiers in one process (tests do that) must not share counters. */
export function createMetricsRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
