import { ClusterConnections } from '../cluster/cluster-connections.js';
import { ensureChampion } from '../cluster/cluster-retrain.js';
import { Kubernetes } from '../cluster/kubernetes.js';
import { untilPipelineIsReady } from '../cluster/pipeline-readiness.js';
import { contextOf } from '../cluster/playground.js';
import type { Platform } from '../platform.js';

/** Trains the first model of a dev cluster as soon as all that takes part in it is ready; content if there is one. */
export async function clusterFirstModel({ settings }: Platform): Promise<void> {
  await contextOf(settings.cluster);
  const kubernetes = new Kubernetes(settings.cluster.namespace);
  await untilPipelineIsReady(kubernetes, settings, new AbortController().signal);
  await ClusterConnections.during(kubernetes, (connections) => ensureChampion(connections, settings));
}
