import { Counter, type Registry } from 'prom-client';

/** Requests by route and outcome. */
export class RequestMetrics {
  readonly #requests: Counter<'route' | 'status' | 'code'>;
  readonly #ok = new Map<string, { inc(): void }>();

  constructor(registry: Registry) {
    this.#requests = new Counter({
      name: 'serving_requests_total',
      help: 'Answered requests; code is ok or the code of the error',
      labelNames: ['route', 'status', 'code'],
      registers: [registry],
    });
  }

  /** @param route one of the routes of the tier, never the path a client sent */
  succeeded(route: string): void {
    let series = this.#ok.get(route);
    if (series === undefined) {
      series = this.#requests.labels({ route, status: '200', code: 'ok' });
      this.#ok.set(route, series);
    }
    series.inc();
  }

  refused(route: string, status: number, code: string): void {
    this.#requests.inc({ route, status: String(status), code });
  }
}
