import { z } from 'zod';
import type { Command, Step } from './deploy-step.js';

/** As much as is read of `helm list -A -o json`. */
export const releasesSchema = z.array(
  z.object({ name: z.string(), namespace: z.string(), chart: z.string() }),
);

export type InstalledRelease = z.infer<typeof releasesSchema>[number];

const itemsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
      spec: z.object({ type: z.string().optional() }),
    }),
  ),
});

export interface Destruction {
  readonly releases: readonly InstalledRelease[];
  readonly namespace: string;
  readonly terraformFolder: string;
  readonly timeoutMinutes: number;
}

/** Who makes the load balancers of Gateways, and has to be there to take them away. */
const BALANCERS = 'envoy-gateway-system';

/**
 * What is done, in this order. Load balancers and disks are made by the cluster and unknown to Terraform: whatever the
 * cluster does not delete while it is there stays, and costs.
 */
export function destroyPlan({
  releases,
  namespace,
  terraformFolder,
  timeoutMinutes,
}: Destruction): readonly Step[] {
  const own = releases.filter((release) => release.namespace === namespace);
  const others = releases.filter((release) => release.namespace !== namespace);
  const uninstall = ({ name, namespace: at }: InstalledRelease): Command => ({
    file: 'helm',
    args: ['-n', at, 'uninstall', name, '--ignore-not-found', '--wait', '--timeout', `${timeoutMinutes}m`],
    timeoutMinutes: timeoutMinutes + 1,
  });
  const patience = `--timeout=${timeoutMinutes}m`;
  const kubectl = (...args: readonly string[]): Command => ({
    file: 'kubectl',
    args,
    timeoutMinutes: timeoutMinutes + 1,
  });
  const stays = 'What stays would cost on, unknown to Terraform: kubectl get services,pv -A tells.';
  return [
    {
      what: `uninstalling what is in ${namespace}, and deleting its data`,
      commands: [
        ...own.map(uninstall),
        kubectl('delete', 'namespace', namespace, '--ignore-not-found', patience),
      ],
      remedy: stays,
    },
    {
      what: 'waiting for load balancers to go',
      commands: [
        kubectl(
          '-n',
          BALANCERS,
          'delete',
          'services',
          '-l',
          'gateway.envoyproxy.io/owning-gateway-name',
          patience,
        ),
        { ...kubectl('get', 'services', '-A', '-o', 'json'), check: leftBalancers },
      ],
      remedy: stays,
    },
    {
      what: 'uninstalling what others have made, and waiting for disks to go',
      commands: [
        ...others.map(uninstall),
        kubectl('wait', 'pv', '--all', '--for=delete', patience),
        { ...kubectl('get', 'pv', '-o', 'json'), check: leftVolumes },
      ],
      remedy: stays,
    },
    {
      what: 'terraform destroy',
      commands: [
        {
          file: 'terraform',
          args: [`-chdir=${terraformFolder}`, 'destroy', '-auto-approve', '-input=false'],
          timeoutMinutes: 60,
          isShown: true,
        },
      ],
      remedy: 'Terraform says above what is in the way.',
    },
  ];
}

/** Says which Services have load balancers still. */
export function leftBalancers(printed: string): string | undefined {
  const { items } = itemsSchema.parse(JSON.parse(printed));
  const left = items.filter(({ spec }) => spec.type === 'LoadBalancer');
  return saidOf(left, 'These Services have load balancers still');
}

/** Says which disks are there still. */
export function leftVolumes(printed: string): string | undefined {
  return saidOf(itemsSchema.parse(JSON.parse(printed)).items, 'These volumes are there still');
}

function saidOf(items: z.infer<typeof itemsSchema>['items'], what: string): string | undefined {
  if (items.length === 0) return undefined;
  const names = items.map(({ metadata: { name, namespace } }) =>
    namespace === undefined ? name : `${namespace}/${name}`,
  );
  return `${what}: ${names.join(', ')}.`;
}
