import { championIn, describeChampion, type Champion } from '../champion.js';
import { bold, say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import type { Platform } from '../platform.js';
import { runRetraining } from '../retraining.js';
import type { Settings } from '../settings.js';
import { ClusterConnections } from './cluster-connections.js';
import { pushDagsToCluster } from './cluster-dags.js';
import { untilPodsServe } from './cluster-fleet.js';
import { Kubernetes } from './kubernetes.js';
import { contextOf } from './playground.js';

/** What is trained where nobody asks for more: minutes on a laptop's cluster, not half an hour. */
const QUICK = {
  datasetUri: 'synthetic:?rows=6000&seed=7',
  candidates: 'gradient_boosting',
  variants: 'none',
};

/** The champion that there is, or one that is trained now, by the code of this checkout. */
export async function ensureChampion(connections: ClusterConnections, settings: Settings): Promise<Champion> {
  const push = await pushDagsToCluster(connections, settings);
  const registry = await connections.registry();
  const before = await championIn(registry, settings);
  if (before !== undefined) {
    say(
      `a champion serves already: ${bold(describeChampion(before))}; \`make cluster-retrain\` trains the next`,
    );
    return before;
  }
  const { api, url } = await connections.airflow();
  await runRetraining(api, inCluster(settings, url), push, true);
  const champion = await championIn(registry, settings);
  if (champion !== undefined) return champion;
  throw new PlatformFailure('The run ended, but no version became champion.', 'The verdicts are above.');
}

/** One run of this checkout's pipeline in the cluster, and what came of it. */
export async function clusterRetrain({ settings }: Platform): Promise<void> {
  await contextOf(settings.cluster);
  const kubernetes = new Kubernetes(settings.cluster.namespace);
  const connections = new ClusterConnections(kubernetes);
  try {
    const push = await pushDagsToCluster(connections, settings);
    const { api, url } = await connections.airflow();
    const registry = await connections.registry();
    const before = await championIn(registry, settings);
    await runRetraining(api, inCluster(settings, url), push, false);
    const after = await championIn(registry, settings);
    if (after === undefined || after.version === before?.version) {
      say(`champion unchanged: ${bold(before === undefined ? 'none' : describeChampion(before))}`);
      return;
    }
    await untilPodsServe(kubernetes, connections, settings, after);
  } finally {
    await connections.close();
  }
}

/** The same settings, of a run in a cluster: what nobody has asked for is chosen to be quick. */
function inCluster(settings: Settings, airflow: string): Settings {
  return {
    ...settings,
    datasetUri: settings.datasetUri ?? QUICK.datasetUri,
    candidates: settings.candidates ?? QUICK.candidates,
    variants: settings.variants ?? QUICK.variants,
    urls: { ...settings.urls, airflow },
  };
}
