import { Counter, type Registry } from 'prom-client';

/** Requests by route and outcome. */
export class RequestMetrics {
  readonly #requests: Counter<'route' | 'status' | 'code'>;
  /** Successes since the last scrape, by route: to count one costs a look into a small map. */
  readonly #succeeded = new Map<string, { count: number }>();

  constructor(registry: Registry) {
    const succeeded = this.#succeeded;
    this.#requests = new Counter({
      name: 'serving_requests_total',
      help: 'Answered requests; code is ok or the code of the error',
      labelNames: ['route', 'status', 'code'],
      registers: [registry],
      collect() {
        for (const [route, series] of succeeded) {
          this.inc({ route, status: '200', code: 'ok' }, series.count);
          series.count = 0;
        }
      },
    });
  }

  /** @param route one of the routes of the tier, never the path a client sent */
  succeeded(route: string): void {
    const series = this.#succeeded.get(route);
    if (series === undefined) this.#succeeded.set(route, { count: 1 });
    else series.count += 1;
  }

  refused(route: string, status: number, code: string): void {
    this.#requests.inc({ route, status: String(status), code });
  }
}
