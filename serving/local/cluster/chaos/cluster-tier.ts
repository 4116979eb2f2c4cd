import axios from 'axios';
import { z } from 'zod';
import type { MlflowRegistry } from '../../../src/registry/mlflow-registry.js';
import type { Helm, Installation } from '../helm.js';
import type { Kubernetes } from '../kubernetes.js';
import { isReady, podSchema, whyNotReady, type Pod } from '../pods.js';
import { SERVING_PODS } from '../cluster-fleet.js';
import { ClusterConnections } from '../cluster-connections.js';
import type { LoadPlan } from '../load-report.js';

const MANAGEMENT_PORT = 8082;
const REST_TIMEOUT_MS = 240_000;

const deploymentSchema = z.object({
  metadata: z.object({ name: z.string(), generation: z.number() }),
  spec: z.object({ replicas: z.number() }),
  status: z.object({
    observedGeneration: z.number().default(0),
    updatedReplicas: z.number().default(0),
    readyReplicas: z.number().default(0),
    replicas: z.number().default(0),
  }),
});

const autoscalerSchema = z.object({
  spec: z.object({ minReplicas: z.number(), scaleTargetRef: z.object({ name: z.string() }) }),
});

const statusSchema = z.looseObject({
  workers: z.array(z.looseObject({ pid: z.number(), ready: z.boolean() })),
});

export interface TierOptions {
  readonly kubernetes: Kubernetes;
  readonly helm: Helm;
  readonly connections: ClusterConnections;
  /** As the platform was installed, and as it is left. */
  readonly installation: Installation;
  /** Before the names of the tier's own values: `serving.` in the platform's chart. */
  readonly valuesPrefix: string;
  /** What is asked, and by whose name it is registered. */
  readonly plan: LoadPlan;
  readonly model: string;
  /** Where the pipeline's commands are, as `kubectl exec` names it. */
  readonly pipeline: { readonly target: string; readonly container: string };
}

/** The serving tier of a platform in a cluster: what scenarios do to it, and what they ask of it. */
export class ClusterTier {
  readonly kubernetes: Kubernetes;
  readonly helm: Helm;
  readonly connections: ClusterConnections;
  readonly installation: Installation;
  readonly plan: LoadPlan;
  readonly model: string;
  readonly pipeline: TierOptions['pipeline'];
  readonly #valuesPrefix: string;
  /** Of releases that were not taken back. */
  readonly #stamps: string[] = [];
  #isChanged = false;

  constructor({
    kubernetes,
    helm,
    connections,
    installation,
    valuesPrefix,
    plan,
    model,
    pipeline,
  }: TierOptions) {
    this.kubernetes = kubernetes;
    this.helm = helm;
    this.connections = connections;
    this.installation = installation;
    this.plan = plan;
    this.model = model;
    this.pipeline = pipeline;
    this.#valuesPrefix = valuesPrefix;
  }

  /**
   * Upgrades the platform to what was installed, with the mark of the last release and some of the tier's values changed.
   * @param values as `--set` has them, without the prefix of the tier
   */
  async upgrade(values: readonly string[]): Promise<void> {
    const { set = [] } = this.installation;
    this.#isChanged = true;
    await this.helm.upgradeInstall({
      ...this.installation,
      set: [...set, ...[...this.#stamps.slice(-1), ...values].map((value) => this.#valuesPrefix + value)],
      // For the whole platform; `atRest` waits for the tier, and for no less of it.
      wait: false,
    });
  }

  /** A new revision whose pods differ from those that run, if only in an annotation. */
  async release(values: readonly string[] = []): Promise<void> {
    this.#stamps.push(`podAnnotations.release=chaos-${process.pid}-${Date.now()}`);
    await this.upgrade(values);
  }

  /** To the revision before this one, which was a release. */
  async rollback(): Promise<void> {
    const { release, timeoutMinutes } = this.installation;
    this.#isChanged = true;
    this.#stamps.pop();
    await this.helm.rollback(release, timeoutMinutes);
  }

  /**
   * What a release has changed is taken back, but for its mark on the pods: those that need not be replaced for it stay.
   * Returns when everything is at rest.
   */
  async restore(): Promise<void> {
    if (this.#isChanged) await this.upgrade([]);
    this.#isChanged = false;
    await this.atRest();
  }

  /** As it was installed. */
  async reset(): Promise<void> {
    if (this.#stamps.length === 0) return;
    this.#stamps.length = 0;
    await this.upgrade([]);
    await this.atRest();
  }

  pods(): Promise<Pod[]> {
    return this.#list(podSchema, 'api/v1', 'pods');
  }

  /** Those that clients are sent to. */
  async readyPods(): Promise<Pod[]> {
    return (await this.pods()).filter(isReady);
  }

  /** Waits until every pod is ready, as many as there should be, and none is ending. */
  async atRest(): Promise<void> {
    await this.kubernetes.waitFor(
      async () => ({
        pods: await this.pods(),
        deployments: await this.#list(deploymentSchema, 'apis/apps/v1', 'deployments'),
        autoscalers: await this.#list(autoscalerSchema, 'apis/autoscaling/v2', 'horizontalpodautoscalers'),
      }),
      {
        what: 'the tier to be at rest',
        timeoutMs: REST_TIMEOUT_MS,
        intervalMs: 1_000,
        missing: ({ pods, deployments, autoscalers }) => {
          for (const { metadata, spec, status } of deployments) {
            const seen = status.observedGeneration >= metadata.generation;
            const { replicas } = spec;
            if (
              !seen ||
              [status.updatedReplicas, status.readyReplicas, status.replicas].some((n) => n !== replicas)
            )
              return `${metadata.name} has ${status.readyReplicas} of ${replicas} pods`;
          }
          for (const { spec } of autoscalers) {
            const { name } = spec.scaleTargetRef;
            const replicas = deployments.find(({ metadata }) => metadata.name === name)?.spec.replicas ?? 0;
            if (replicas < spec.minReplicas) return `${name} is to have ${spec.minReplicas} pods`;
          }
          if (deployments.length === 0) return 'there is no Deployment of the tier';
          const ending = pods.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
          if (ending) return `${ending.metadata.name} is ending`;
          return pods.map(whyNotReady).find((reason) => reason !== undefined);
        },
      },
    );
  }

  /** What a pod says of itself. */
  async status(pod: Pod): Promise<z.infer<typeof statusSchema>> {
    return statusSchema.parse(JSON.parse(await this.#manage(pod, '/status')));
  }

  /** Predictions that each pod was asked for since it started, by its name. */
  async predictionsByPod(pods: readonly Pod[]): Promise<ReadonlyMap<string, number>> {
    const counts = pods.map(
      async (pod) => [pod.metadata.name, predictionsIn(await this.#manage(pod, '/metrics'))] as const,
    );
    return new Map(await Promise.all(counts));
  }

  /** Over a connection of its own: what scenarios do breaks connections. */
  askRegistry<T>(question: (registry: MlflowRegistry) => Promise<T>): Promise<T> {
    return ClusterConnections.during(this.kubernetes, async (own) => question(await own.registry()));
  }

  /** Of the tier's, without kubectl: what starts every second takes CPU from those who answer. */
  async #list<S extends z.ZodType>(schema: S, group: string, kind: string): Promise<z.infer<S>[]> {
    const proxy = await this.connections.proxy();
    const selector = encodeURIComponent(SERVING_PODS);
    const path = `/${group}/namespaces/${this.kubernetes.namespace}/${kind}?labelSelector=${selector}`;
    return (await proxy.get(z.object({ items: z.array(schema) }), path)).items;
  }

  async #manage({ metadata }: Pod, path: string): Promise<string> {
    const proxy = await this.connections.proxy();
    const url = proxy.pod(this.kubernetes.namespace, metadata.name, MANAGEMENT_PORT) + path;
    const { data } = await axios.get<string>(url, { timeout: 5_000, proxy: false, responseType: 'text' });
    return data;
  }
}

/** Of a page of metrics. */
function predictionsIn(metrics: string): number {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith('serving_requests_total{') && line.includes('"/predict"'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
