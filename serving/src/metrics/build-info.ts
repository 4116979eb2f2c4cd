import { Gauge, type Registry } from 'prom-client';

/** Which release answers: 1, with what it is as labels. */
export function buildInfoMetric(registry: Registry, release: string): void {
  new Gauge({
    name: 'serving_build_info',
    help: 'Release of the tier that runs, and the Node that it runs on; always 1',
    labelNames: ['release', 'node'],
    // Workers of a replica are of one release.
    aggregator: 'max',
    registers: [registry],
  }).set({ release, node: process.version }, 1);
}
