import { Counter, Gauge, type Registry } from 'prom-client';

/** Why a worker had to be replaced: it failed, did not react and was killed, or was told to end by somebody. */
export type WorkerLoss = 'crashed' | 'hung' | 'ended';

/** What each worker process has used of the CPU. One that has ended has no series any more. */
export function addWorkerCpu(
  registry: Registry,
  workers: readonly { readonly worker: number; readonly seconds: number | undefined }[],
): void {
  const cpu = new Counter({
    name: 'serving_worker_cpu_seconds_total',
    help: 'CPU time that a worker process has used since its start',
    labelNames: ['worker'],
    registers: [registry],
  });
  for (const { worker, seconds } of workers) {
    if (seconds !== undefined) cpu.inc({ worker }, seconds);
  }
}

/** The workers of a replica, as their primary sees them. */
export class WorkerMetrics {
  readonly #restarts: Counter<'reason'>;

  constructor(registry: Registry, wanted: () => number, serving: () => number) {
    const registers = [registry];
    new Gauge({
      name: 'serving_workers_wanted',
      help: 'Workers that are to take requests',
      registers,
      collect() {
        this.set(wanted());
      },
    });
    new Gauge({
      name: 'serving_workers',
      help: 'Workers that take requests',
      registers,
      collect() {
        this.set(serving());
      },
    });
    this.#restarts = new Counter({
      name: 'serving_worker_restarts_total',
      help: 'Workers that were replaced, by why they were lost',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of ['crashed', 'hung', 'ended'] as const) this.#restarts.inc({ reason }, 0);
  }

  restarted(reason: WorkerLoss): void {
    this.#restarts.inc({ reason });
  }
}
