import { Counter, Gauge, type Registry } from 'prom-client';

/** Why a worker had to be replaced: it failed, did not react and was killed, or was told to end by somebody. */
export type WorkerLoss = 'crashed' | 'hung' | 'ended';

/** The workers of a replica, as their primary sees them. */
export class WorkerMetrics {
  readonly #restarts: Counter<'reason'>;

  constructor(registry: Registry, wanted: number, serving: () => number) {
    const registers = [registry];
    new Gauge({
      name: 'serving_workers_wanted',
      help: 'Workers that are to take requests',
      registers,
    }).set(wanted);
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
