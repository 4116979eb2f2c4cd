import { z } from 'zod';

/** A Deployment, a StatefulSet or a Job. */
export const workloadSchema = z.object({
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    generation: z.number().default(0),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({
    /** Of a Job, none. */
    replicas: z.number().default(1),
    template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) }),
  }),
  status: z.object({
    observedGeneration: z.number().default(0),
    readyReplicas: z.number().default(0),
    updatedReplicas: z.number().default(0),
    replicas: z.number().default(0),
    succeeded: z.number().default(0),
  }),
});

export type Workload = z.infer<typeof workloadSchema>;

/** Whether pods have to come, to go or to end still for it to be as it was last told to be. */
export function isUnderWay({ kind, metadata, spec, status }: Workload): boolean {
  if (kind === 'Job') return status.succeeded === 0;
  const counts = [status.readyReplicas, status.updatedReplicas, status.replicas];
  return status.observedGeneration < metadata.generation || counts.some((count) => count !== spec.replicas);
}
