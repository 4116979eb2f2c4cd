import { z } from 'zod';
import type { Kubernetes } from '../../local/cluster/kubernetes.js';
import { ForwardedPorts } from '../../local/cluster/port-forward.js';
import { eventually } from './eventually.js';

/** Where the tier keeps models. */
export const CACHE = '/var/cache/model-serving';
const READY_TIMEOUT_MS = 120_000;

const podSchema = z.object({
  status: z.object({ containerStatuses: z.array(z.object({ ready: z.boolean() })).default([]) }),
});

export interface ImagePod {
  readonly name: string;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: { readonly cpu: string; readonly memory?: string };
  /** Whether it can write to its cache alone; so it is unless told. */
  readonly readOnly?: boolean;
  /** What keeps the pod in sight after it was deleted. */
  readonly finalizers?: readonly string[];
}

/** The tier's image in a pod as strict as Kubernetes' profile "restricted" has it; the image is on the node. */
export function imagePod({ name, image, env, limits, readOnly = true, finalizers = [] }: ImagePod): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, finalizers },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      // Its variables would be configuration that nobody gave.
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, fsGroup: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'serving',
          image,
          imagePullPolicy: 'Never',
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          resources: { requests: { cpu: '50m', memory: '128Mi' }, limits },
          readinessProbe: { httpGet: { path: '/health/ready', port: 8080 }, periodSeconds: 1 },
          securityContext: {
            readOnlyRootFilesystem: readOnly,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'cache', mountPath: CACHE }],
        },
      ],
      volumes: [{ name: 'cache', emptyDir: {} }],
    },
  };
}

/** Waits until Kubernetes, which asks from outside of the pod, finds it ready, and forwards these ports of it. */
export async function readyPorts(
  cluster: Kubernetes,
  name: string,
  ports: readonly number[],
): Promise<ForwardedPorts> {
  await eventually(async () => {
    const [container] = (await cluster.get(podSchema, 'pod', name)).status.containerStatuses;
    if (container?.ready !== true) throw new Error(`${name} is not ready: ${await cluster.logs(name)}`);
  }, READY_TIMEOUT_MS);
  return ForwardedPorts.open(cluster.namespace, `pod/${name}`, ports);
}
