import { Counter, type Registry } from 'prom-client';

/** Connections that got no answer. */
export class ConnectionMetrics {
  readonly #dropped: Counter<'port'>;

  constructor(registry: Registry) {
    this.#dropped = new Counter({
      name: 'serving_connections_dropped_total',
      help: 'Connections closed unanswered because there were MAX_CONNECTIONS already',
      labelNames: ['port'],
      registers: [registry],
    });
    for (const port of ['http', 'grpc']) this.#dropped.inc({ port }, 0);
  }

  dropped(port: 'http' | 'grpc'): void {
    this.#dropped.inc({ port });
  }
}
