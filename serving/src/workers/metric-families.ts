import type { Registry } from 'prom-client';
import type { MetricFamily } from '../api/replica.js';

/** What a registry holds, as data alone: some of prom-client's answers hold functions, which can't be sent. */
export async function metricFamilies(registry: Registry): Promise<readonly MetricFamily[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.map(({ name, help, type, aggregator, values }) => ({
    name,
    help,
    type,
    aggregator,
    values,
  }));
}
