import { z } from 'zod';

const containerStateSchema = z.object({
  waiting: z.object({ reason: z.string().default('waiting'), message: z.string().optional() }).optional(),
  running: z.object({ startedAt: z.string() }).optional(),
  terminated: z.object({ exitCode: z.number(), reason: z.string().default('ended') }).optional(),
});

const containerStatusSchema = z.object({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.number(),
  /** None before the first start. */
  containerID: z.string().optional(),
  state: containerStateSchema.default({}),
  lastState: containerStateSchema.default({}),
});

export const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z.array(z.object({ name: z.string(), image: z.string() })),
  }),
  status: z.object({
    phase: z.string().default('Pending'),
    podIP: z.string().optional(),
    conditions: z
      .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
      .default([]),
    initContainerStatuses: z.array(containerStatusSchema).default([]),
    containerStatuses: z.array(containerStatusSchema).default([]),
  }),
});

export type Pod = z.infer<typeof podSchema>;
type ContainerStatus = z.infer<typeof containerStatusSchema>;

export function isReady({ status, metadata }: Pod): boolean {
  const ready = status.conditions.some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
  return ready && metadata.deletionTimestamp === undefined;
}

/** In the words of Kubernetes; undefined of a pod that is ready, that has done its work, or that is being deleted. */
export function whyNotReady(pod: Pod): string | undefined {
  const { status, metadata } = pod;
  if (metadata.deletionTimestamp !== undefined || status.phase === 'Succeeded' || isReady(pod))
    return undefined;
  const unscheduled = status.conditions.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  if (unscheduled) return `has no node: ${unscheduled.message ?? 'no reason given'}`;
  const initial = status.initContainerStatuses.find(({ ready }) => !ready);
  if (initial) return describe(initial);
  const container = status.containerStatuses.find(({ ready }) => !ready);
  return container ? describe(container) : status.phase;
}

function describe({ name, state, lastState, restartCount }: ContainerStatus): string {
  const restarts =
    restartCount === 0 ? '' : `, restarted ${restartCount} times${ended(lastState.terminated)}`;
  if (state.waiting)
    return `${name}: ${[state.waiting.reason, state.waiting.message].filter(Boolean).join(': ')}${restarts}`;
  if (state.terminated) return `${name}:${ended(state.terminated)}${restarts}`;
  return `${name} runs and is not ready yet${restarts}`;
}

function ended(terminated: ContainerStatus['state']['terminated']): string {
  return terminated ? ` ended with ${terminated.exitCode} (${terminated.reason})` : '';
}
