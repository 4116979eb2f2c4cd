import { z } from 'zod';

/** Make passes an unset variable as an empty string. */
const text = (fallback: string) =>
  z
    .string()
    .default('')
    .transform((value) => value || fallback);
const words = z
  .string()
  .default('')
  .transform((value) => value.split(/[\s,]+/).filter((word) => word !== ''));

/** To be spread into the variables of the platform. KUBECONFIG is read by kubectl and helm themselves. */
export const clusterVariables = z.object({
  /** One platform per namespace. */
  CLUSTER_NAMESPACE: text('retraining'),
  /** The context of KUBECONFIG that is meant, where its name alone does not say that it is a playground. */
  CLUSTER_CONFIRM: text(''),
  /** More values files, which win over those of a dev cluster. */
  CLUSTER_VALUES: words,
  /** For how long the platform may take to become ready, the first time with the training of its first model. */
  CLUSTER_TIMEOUT_MINUTES: z.coerce.number().int().min(1).max(120).default(15),
  /** What to put before the names of images for them to be in the cluster; kind's own way where it is kind. */
  IMAGE_LOAD: words,
  /** How our images are named; `make images` builds them under these names. */
  IMAGE_REGISTRY: text('localhost/retraining'),
  IMAGE_TAG: text('dev'),
  /** A folder with `addons/gateway`, which brings a Gateway to a cluster that has none. */
  CLUSTER_TOOLS: text(''),
  /** `make cluster-down` deletes the volumes too. */
  DELETE_DATA: z
    .string()
    .default('')
    .transform((value) => /^(1|true|yes)$/i.test(value)),
});

export type ClusterSettings = ReturnType<typeof clusterSettings>;

export function clusterSettings(raw: z.infer<typeof clusterVariables>) {
  return {
    namespace: raw.CLUSTER_NAMESPACE,
    release: 'platform',
    confirm: raw.CLUSTER_CONFIRM,
    values: raw.CLUSTER_VALUES,
    timeoutMinutes: raw.CLUSTER_TIMEOUT_MINUTES,
    imageLoad: raw.IMAGE_LOAD,
    imageRegistry: raw.IMAGE_REGISTRY,
    imageTag: raw.IMAGE_TAG,
    tools: raw.CLUSTER_TOOLS,
    deleteData: raw.DELETE_DATA,
  };
}
