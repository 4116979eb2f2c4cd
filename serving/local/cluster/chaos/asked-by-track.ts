import type { Pod } from '../pods.js';
import type { ClusterTier } from './cluster-tier.js';

/** How many predictions the pods of each track were asked for meanwhile, by their own count. */
export async function askedByTrack(
  tier: ClusterTier,
  wait: () => Promise<unknown>,
): Promise<ReadonlyMap<string, number>> {
  const pods = await tier.readyPods();
  const before = await tier.predictionsByPod(pods);
  await wait();
  const after = await tier.predictionsByPod(pods);
  const asked = new Map<string, number>();
  for (const pod of pods) {
    const { name } = pod.metadata;
    const count = after.get(name)! - before.get(name)!;
    asked.set(trackOf(pod), (asked.get(trackOf(pod)) ?? 0) + count);
  }
  return asked;
}

function trackOf({ metadata }: Pod): string {
  return metadata.labels['track'] ?? 'none';
}
