import { z } from 'zod';
import { bold, print, say } from '../console.js';
import type { Platform } from '../platform.js';
import { Helm } from './helm.js';
import { Kubernetes } from './kubernetes.js';
import { contextOf } from './playground.js';
import { withRolloutNews } from './rollout-news.js';

const namedSchema = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) });

/** What opens data stays with the data: Secrets with their keys are as much of it as volumes are. */
const KEPT = ['persistentvolumeclaims', 'secrets'];

/** Uninstalls the platform and names what stays; with DELETE_DATA=1 nothing does. */
export async function clusterDown({ settings }: Platform): Promise<void> {
  const { cluster } = settings;
  await contextOf(cluster);
  const kubernetes = new Kubernetes(cluster.namespace);
  await withRolloutNews(
    kubernetes,
    new Helm(cluster.namespace).uninstall(cluster.release, cluster.timeoutMinutes),
  );
  say(`${bold(cluster.release)} is uninstalled`);
  if (cluster.deleteData) {
    await kubernetes.deleteNamespace({ wait: true });
    say(`namespace ${bold(cluster.namespace)} is deleted, and all data with it`);
    return;
  }
  const left = await kubernetes.list(namedSchema, KEPT.join(','));
  if (left.length === 0) {
    say('nothing is left');
    return;
  }
  say('what stays, for the next `make cluster-up` to pick up (DELETE_DATA=1 deletes it):');
  for (const { kind, metadata } of left) print(`  ${kind} ${metadata.name}`);
}
