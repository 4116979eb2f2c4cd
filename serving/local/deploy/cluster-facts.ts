import { z } from 'zod';
import { runCommand } from '../cluster/child-command.js';
import { rollBackFlag, type Helm, type RollBackFlag } from '../cluster/helm.js';
import type { Kubernetes } from '../cluster/kubernetes.js';

/** What decides which way a deployment goes. */
export interface ClusterFacts {
  readonly rollBack: RollBackFlag;
  /** Whether a tier answers there: then a release that does not is taken back. */
  readonly serves: boolean;
  /** Whether the key with which Lockbox is read is there. */
  readonly hasLockboxReader: boolean;
  /** Whether something implements Gateways. */
  readonly hasGateway: boolean;
  /** What Helm says of the platform's release; undefined: there is none. */
  readonly status: string | undefined;
}

const deploymentSchema = z.object({ status: z.object({ readyReplicas: z.number().default(0) }) });
const namedSchema = z.object({ metadata: z.object({ name: z.string() }) });

/** The flag that this Helm knows for going back. */
export async function rollBackFlagOfHelm(): Promise<RollBackFlag> {
  return rollBackFlag(await runCommand('helm', ['version', '--short']));
}

/** A cluster in which there is nothing yet, as far as anybody can see from here. */
export async function emptyCluster(): Promise<ClusterFacts> {
  return {
    rollBack: await rollBackFlagOfHelm(),
    serves: false,
    hasLockboxReader: false,
    hasGateway: false,
    status: undefined,
  };
}

/** Asks the cluster. Changes nothing. */
export async function clusterFacts(
  kubernetes: Kubernetes,
  helm: Helm,
  release: string,
): Promise<ClusterFacts> {
  const tiers = await kubernetes.list(deploymentSchema, 'deployments', 'app.kubernetes.io/name=serving');
  const versions = await kubernetes.kubectl(['api-versions']);
  const hasKind = versions.split('\n').some((version) => version.startsWith('gateway.networking.k8s.io/'));
  const classes = hasKind ? await kubernetes.list(namedSchema, 'gatewayclasses') : [];
  return {
    rollBack: await rollBackFlagOfHelm(),
    serves: tiers.some(({ status }) => status.readyReplicas > 0),
    hasLockboxReader: (await kubernetes.find(namedSchema, 'secret', 'lockbox-reader')) !== undefined,
    hasGateway: classes.length > 0,
    status: (await helm.find(release))?.status,
  };
}
