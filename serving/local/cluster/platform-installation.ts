import path from 'node:path';
import { bold, say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import type { Settings } from '../settings.js';
import { CommandFailure } from './child-command.js';
import type { Helm, Installation } from './helm.js';
import type { Kubernetes } from './kubernetes.js';
import { podSchema, whyNotReady } from './pods.js';
import { withRolloutNews } from './rollout-news.js';
import { workloadSchema } from './workloads.js';

/** What `make cluster-up` installs, and nothing else. */
export function installationOf({ projectDir, cluster }: Settings): Installation {
  return {
    release: cluster.release,
    chart: path.join(projectDir, 'helm', 'platform'),
    values: [
      path.join(projectDir, 'helm', 'values', 'dev', 'platform.yaml'),
      ...cluster.values.map(fromProject),
    ],
    set: [`global.image.registry=${cluster.imageRegistry}`, `global.image.tag=${cluster.imageTag}`],
    timeoutMinutes: cluster.timeoutMinutes,
  };

  function fromProject(file: string): string {
    return path.resolve(projectDir, file);
  }
}

/** @param loaded images that are new in the cluster, under whatever name */
export async function install(
  kubernetes: Kubernetes,
  helm: Helm,
  installation: Installation,
  loaded: readonly string[],
): Promise<void> {
  const { release, timeoutMinutes } = installation;
  const before = await helm.find(release);
  say(`${before ? 'upgrading' : 'installing'} ${bold(release)} in namespace ${bold(kubernetes.namespace)}`);
  try {
    await withRolloutNews(kubernetes, helm.upgradeInstall(installation));
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    throw new PlatformFailure(
      [`helm: ${error.stderr.trim()}`, ...(await troubles(kubernetes))].join('\n'),
      `After correcting it, run the same again. What the pods say: kubectl -n ${kubernetes.namespace} get pods, logs, describe.`,
    );
  }
  if (before) await restartWith(kubernetes, loaded, timeoutMinutes);
  say('everything is ready');
}

/** Pods that are not ready, with why, each on a line. */
async function troubles(kubernetes: Kubernetes): Promise<string[]> {
  const pods = await kubernetes.list(podSchema, 'pods');
  return pods.flatMap((pod) => {
    const why = whyNotReady(pod);
    return why === undefined ? [] : [`  ${pod.metadata.name} ${why}`];
  });
}

/** A new image under an old name is no change that an upgrade sees. */
async function restartWith(
  kubernetes: Kubernetes,
  images: readonly string[],
  timeoutMinutes: number,
): Promise<void> {
  const workloads = await kubernetes.list(workloadSchema, 'deployments,statefulsets');
  const stale = workloads
    .filter(({ spec }) => spec.template.spec.containers.some(({ image }) => images.includes(image)))
    .map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
  if (stale.length === 0) return;
  say(`restarting what has a new image: ${stale.join(', ')}`);
  await kubernetes.kubectl(['rollout', 'restart', ...stale]);
  for (const workload of stale) {
    const waited = kubernetes.kubectl(['rollout', 'status', workload, `--timeout=${timeoutMinutes}m`], {
      timeoutMs: timeoutMinutes * 60_000 + 10_000,
    });
    await withRolloutNews(kubernetes, waited);
  }
}
