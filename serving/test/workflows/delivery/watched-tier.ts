import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterConnections } from '../../../local/cluster/cluster-connections.js';
import { readServingPods } from '../../../local/cluster/cluster-fleet.js';
import type { Kubernetes } from '../../../local/cluster/kubernetes.js';
import { PrometheusUnderTest } from '../../support/prometheus-under-test.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** The pods of a tier in a cluster as they are now, and a real Prometheus on this machine that asks each every second. */
export class WatchedTier {
  private constructor(
    /** Management addresses of the pods. */
    readonly replicas: readonly string[],
    private readonly prometheus: PrometheusUnderTest,
  ) {}

  static async start(kubernetes: Kubernetes, connections: ClusterConnections): Promise<WatchedTier> {
    const pods = await readServingPods(kubernetes, connections);
    const replicas = pods.map(({ replica }) => replica.url);
    const targets = replicas.map((replica, index) => {
      const { host, pathname } = new URL(replica);
      return {
        targets: [host],
        labels: { __metrics_path__: `${pathname}/metrics`, instance: pods[index]!.name },
      };
    });
    // A path of its own is for discovery alone to give.
    const file = join(temporaryDirectory(), 'targets.json');
    writeFileSync(file, JSON.stringify(targets));
    const prometheus = await PrometheusUnderTest.start({
      configuration: {
        global: { scrape_interval: '1s' },
        scrape_configs: [{ job_name: 'serving', file_sd_configs: [{ files: [file] }] }],
      },
    });
    return new WatchedTier(replicas, prometheus);
  }

  get prometheusUrl(): string {
    return this.prometheus.url;
  }

  stop(): Promise<void> {
    return this.prometheus.stop();
  }
}
