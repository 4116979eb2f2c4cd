import { PlatformFailure } from '../failure.js';
import type { Settings } from '../settings.js';
import type { Kubernetes } from './kubernetes.js';
import { isUnderWay, workloadSchema, type Workload } from './workloads.js';

const NAME_LABEL = 'app.kubernetes.io/name';
/** What a training needs. */
const PIPELINE = ['git', 'mlflow', 'airflow'];

/** Waits for all but the tier, of which those parts must be there that a training needs. */
export async function untilPipelineIsReady(
  kubernetes: Kubernetes,
  { cluster }: Settings,
  signal: AbortSignal,
): Promise<void> {
  const ask = (): Promise<Workload[]> => {
    if (signal.aborted) throw new PlatformFailure('Nobody waits any more.');
    return kubernetes.list(workloadSchema, 'statefulsets,deployments,jobs');
  };
  await kubernetes.waitFor(ask, {
    missing: (workloads) => {
      const names = workloads.map(({ metadata }) => metadata.name);
      const absent = PIPELINE.find((name) => !names.includes(name));
      if (absent !== undefined) return `there is no ${absent}`;
      return workloads.filter(({ metadata }) => metadata.labels[NAME_LABEL] !== 'serving').find(isUnderWay)
        ?.metadata.name;
    },
    what: 'everything but the tier to be ready',
    timeoutMs: cluster.timeoutMinutes * 60_000,
    intervalMs: 2_000,
  });
}
