import { Counter, type Registry } from 'prom-client';

export type RetrainingRequestResult = 'requested' | 'declined' | 'airflow_unavailable';

const RESULTS: readonly RetrainingRequestResult[] = ['requested', 'declined', 'airflow_unavailable'];

/** What became of the alerts that asked for a retraining. */
export class RetrainingRequestMetrics {
  readonly #requests: Counter<'result'>;

  constructor(registry: Registry) {
    this.#requests = new Counter({
      name: 'retraining_requests_total',
      help: 'Notifications with a firing alert, by what became of them: asked Airflow, asked lately already, Airflow did not take it',
      labelNames: ['result'],
      registers: [registry],
    });
    // A counter that begins with its first event hides that event from increase().
    for (const result of RESULTS) this.#requests.inc({ result }, 0);
  }

  count(result: RetrainingRequestResult): void {
    this.#requests.inc({ result });
  }
}
