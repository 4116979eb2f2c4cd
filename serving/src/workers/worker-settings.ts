import { z } from 'zod';
import type { CpuAllowance } from './cpu-allowance.js';

/** To be spread into the schema of the serving process. */
export const workerVariables = z.object({
  /**
   * Processes that answer predictions behind one port. Unset: as many as the cgroup has whole CPUs. Each holds every
   * model in memory: more than there is memory for, and they are killed; more than there are cores, and they wait
   * for each other.
   */
  WORKERS: z.coerce.number().int().min(1).max(64).optional(),
  /**
   * As many workers as `PUT /admin/workers` may ask for; at least WORKERS. Unset: no more than there are at the start.
   * Too many: there is no memory for their models.
   */
  MAX_WORKERS: z.coerce.number().int().min(1).max(64).optional(),
  /** A worker that does not react for this long is killed and replaced. Shorter than a large model blocks: it never loads. */
  WORKER_HANG_TIMEOUT_SECONDS: z.coerce.number().positive().default(30),
  /**
   * Threads inside one call of the graph, in each worker. More than the cgroup has cores: refused, since they are
   * throttled while they hold the others up. More than 1 helps large graphs where there are fewer workers than cores.
   */
  INTRA_OP_THREADS: z.coerce.number().int().positive().default(1),
});

/** How the work is divided among processes and threads. */
export interface WorkerSettings {
  readonly count: number;
  /** At least `count`. */
  readonly max: number;
  readonly hangTimeoutMs: number;
}

/** @throws {Error} naming the variable, when there are more threads than cores, or more workers than there may be */
export function workerSettings(
  raw: z.infer<typeof workerVariables>,
  { cores, limit }: CpuAllowance,
): WorkerSettings {
  if (raw.INTRA_OP_THREADS > cores) {
    throw new Error(`INTRA_OP_THREADS: ${raw.INTRA_OP_THREADS} are more than ${cores}, from ${limit}`);
  }
  const count = raw.WORKERS ?? cores;
  const max = raw.MAX_WORKERS ?? count;
  if (max < count) throw new Error(`MAX_WORKERS: ${max} is less than the ${count} workers to start with`);
  return { count, max, hangTimeoutMs: raw.WORKER_HANG_TIMEOUT_SECONDS * 1_000 };
}
