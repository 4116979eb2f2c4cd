import { disagreement, readReplica, type Replica } from '../../src/promotion/fleet.js';
import { describeChampion, type Champion } from '../champion.js';
import { bold, dim, say } from '../console.js';
import type { Settings } from '../settings.js';
import type { ClusterConnections } from './cluster-connections.js';
import type { Kubernetes } from './kubernetes.js';
import { podSchema } from './pods.js';

const MANAGEMENT_PORT = 8082;
/** Pods of the tier, of all tracks. */
export const SERVING_PODS = 'app.kubernetes.io/name=serving';

export interface ServingPod {
  readonly name: string;
  readonly replica: Replica;
}

/** What each pod of the tier that is not being deleted says of itself. */
export async function readServingPods(
  kubernetes: Kubernetes,
  connections: ClusterConnections,
): Promise<ServingPod[]> {
  const pods = await kubernetes.list(podSchema, 'pods', SERVING_PODS);
  const proxy = await connections.proxy();
  return Promise.all(
    pods
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(async ({ metadata: { name } }) => ({
        name,
        replica: await readReplica(proxy.pod(kubernetes.namespace, name, MANAGEMENT_PORT)),
      })),
  );
}

/** Returns when every pod of the tier, and there is one, serves the bytes that the alias points at. */
export async function untilPodsServe(
  kubernetes: Kubernetes,
  connections: ClusterConnections,
  settings: Pick<Settings, 'modelName' | 'modelAlias'>,
  champion: Champion,
): Promise<void> {
  const { version, digest } = champion;
  const wanted = { model: settings.modelName, alias: settings.modelAlias, version, digest };
  const pods = await kubernetes.waitFor(() => readServingPods(kubernetes, connections), {
    missing: (found) => {
      if (found.length === 0) return 'there is no pod of the tier';
      const objections = found.flatMap(({ name, replica }) => {
        const why = disagreement(replica, wanted);
        return why === undefined ? [] : [`${name} ${why}`];
      });
      return objections.length === 0 ? undefined : objections.join('; ');
    },
    onProgress: (missing) => {
      say(dim(missing));
    },
    what: `every pod to serve version ${version}`,
    timeoutMs: 120_000,
    intervalMs: 1_000,
    remedy: `Read kubectl -n ${kubernetes.namespace} logs deployment/serving.`,
  });
  say(`all ${pods.length} pods serve ${bold(`${settings.modelName} ${describeChampion(champion)}`)}`);
}
