import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiProxy } from './api-proxy.js';

const LOOK_MS = 1_000;

const deploymentSchema = z.object({
  spec: z.object({ replicas: z.number() }),
  status: z.object({ readyReplicas: z.number().default(0) }),
});
const autoscalerSchema = z.object({
  spec: z.object({ maxReplicas: z.number() }),
  status: z.object({
    desiredReplicas: z.number(),
    currentMetrics: z
      .array(
        z.object({
          containerResource: z
            .object({ current: z.object({ averageUtilization: z.number().optional() }) })
            .optional(),
        }),
      )
      .nullish(),
  }),
});

/** How many replicas a Deployment had at a moment, and how many its autoscaler wanted. */
export interface ReplicaMoment {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly replicas: number;
  readonly ready: number;
  readonly desired: number;
  /** Mean CPU in percent of the request, as the autoscaler has it; undefined while it has none. */
  readonly utilisation: number | undefined;
}

/** Looks at a Deployment and its autoscaler of the same name each second, until it is stopped. */
export class ReplicaWatch {
  readonly #over = new AbortController();
  readonly #moments: ReplicaMoment[] = [];
  readonly #looking: Promise<void>;

  constructor(
    private readonly proxy: ApiProxy,
    private readonly namespace: string,
    private readonly name: string,
  ) {
    this.#looking = this.#look();
    // Told by `stop`.
    this.#looking.catch(() => undefined);
  }

  get moments(): readonly ReplicaMoment[] {
    return this.#moments;
  }

  /** @throws what kept it from looking */
  async stop(): Promise<readonly ReplicaMoment[]> {
    this.#over.abort();
    await this.#looking;
    return this.#moments;
  }

  async #look(): Promise<void> {
    while (!this.#over.signal.aborted) {
      this.#moments.push(await this.#moment());
      await sleep(LOOK_MS, undefined, { signal: this.#over.signal }).catch(() => undefined);
    }
  }

  async #moment(): Promise<ReplicaMoment> {
    const path = (group: string, kind: string): string =>
      `/apis/${group}/namespaces/${this.namespace}/${kind}/${this.name}`;
    const [deployment, autoscaler] = await Promise.all([
      this.proxy.get(deploymentSchema, path('apps/v1', 'deployments')),
      this.proxy.get(autoscalerSchema, path('autoscaling/v2', 'horizontalpodautoscalers')),
    ]);
    return {
      at: Date.now(),
      replicas: deployment.spec.replicas,
      ready: deployment.status.readyReplicas,
      desired: autoscaler.status.desiredReplicas,
      utilisation: autoscaler.status.currentMetrics?.[0]?.containerResource?.current.averageUtilization,
    };
  }
}
