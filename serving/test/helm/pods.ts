import { z } from 'zod';
import type { Manifest } from './charts.js';

const environmentSchema = z.looseObject({
  name: z.string(),
  valueFrom: z
    .looseObject({
      secretKeyRef: z
        .looseObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() })
        .optional(),
      configMapKeyRef: z
        .looseObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() })
        .optional(),
    })
    .optional(),
});

const optionalName = z.looseObject({ name: z.string(), optional: z.boolean().optional() });

const securityContextSchema = z
  .looseObject({
    allowPrivilegeEscalation: z.boolean().optional(),
    privileged: z.boolean().optional(),
    readOnlyRootFilesystem: z.boolean().optional(),
    runAsNonRoot: z.boolean().optional(),
    runAsUser: z.number().optional(),
    procMount: z.string().optional(),
    capabilities: z
      .looseObject({ add: z.array(z.string()).default([]), drop: z.array(z.string()).default([]) })
      .optional(),
    seccompProfile: z.looseObject({ type: z.string() }).optional(),
  })
  .default({});

const quantities = z.record(z.string(), z.union([z.string(), z.number()])).default({});

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  ports: z.array(z.looseObject({ hostPort: z.number().optional() })).default([]),
  env: z.array(environmentSchema).default([]),
  envFrom: z
    .array(z.looseObject({ secretRef: optionalName.optional(), configMapRef: optionalName.optional() }))
    .default([]),
  resources: z
    .looseObject({ requests: quantities, limits: quantities })
    .default({ requests: {}, limits: {} }),
  securityContext: securityContextSchema,
});

const itemsSchema = z.array(z.looseObject({ key: z.string() })).default([]);
const secretVolume = z.looseObject({
  secretName: z.string(),
  optional: z.boolean().optional(),
  items: itemsSchema,
});
const configMapVolume = z.looseObject({
  name: z.string(),
  optional: z.boolean().optional(),
  items: itemsSchema,
});

const podSchema = z.looseObject({
  automountServiceAccountToken: z.boolean().optional(),
  serviceAccountName: z.string().optional(),
  hostNetwork: z.boolean().optional(),
  hostPID: z.boolean().optional(),
  hostIPC: z.boolean().optional(),
  securityContext: securityContextSchema,
  initContainers: z.array(containerSchema).default([]),
  containers: z.array(containerSchema),
  volumes: z
    .array(
      z.looseObject({
        name: z.string(),
        secret: secretVolume.optional(),
        configMap: configMapVolume.optional(),
        persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional(),
      }),
    )
    .default([]),
});

export type Pod = z.infer<typeof podSchema>;
export type Container = z.infer<typeof containerSchema>;

export interface OwnedPod {
  /** Such as `Deployment serving`. */
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: Pod;
}

const templateSchema = z.object({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()).default({}) }).default({ labels: {} }),
  spec: podSchema,
});
const workloadSchema = z.object({ template: templateSchema });
const cronJobSchema = z.object({ jobTemplate: z.object({ spec: workloadSchema }) });

/** The pods that a manifest would start, if any. */
export function podOf(manifest: Manifest): OwnedPod | undefined {
  const owner = `${manifest.kind} ${manifest.metadata.name}`;
  switch (manifest.kind) {
    case 'Pod':
      return { owner, labels: manifest.metadata.labels, pod: podSchema.parse(manifest['spec']) };
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
    case 'Job': {
      const { template } = workloadSchema.parse(manifest['spec']);
      return { owner, labels: template.metadata.labels, pod: template.spec };
    }
    case 'CronJob': {
      const { template } = cronJobSchema.parse(manifest['spec']).jobTemplate.spec;
      return { owner, labels: template.metadata.labels, pod: template.spec };
    }
    default:
      return undefined;
  }
}

export function podsOf(manifests: readonly Manifest[]): OwnedPod[] {
  return manifests.map(podOf).filter((pod) => pod !== undefined);
}

export function containersOf(pod: Pod): Container[] {
  return [...pod.initContainers, ...pod.containers];
}

/** Named by digest, or by a tag that is not `latest`. */
export function isPinned(image: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return true;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return tag !== undefined && tag !== 'latest';
}
