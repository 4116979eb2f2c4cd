import type { Express } from 'express';
import { onlyMethods } from './express-pipeline.js';

export interface Health {
  /** A warmed servable is available and the process is not stopping. */
  isReady(): boolean;
}

/** Live: the event loop turns. Ready: send traffic. */
export function addHealthRoutes(app: Express, health: Health): void {
  app
    .route('/health/live')
    .get((_request, response) => {
      response.json({ status: 'live' });
    })
    .all(onlyMethods('GET'));
  app
    .route('/health/ready')
    .get((_request, response) => {
      const ready = health.isReady();
      response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not_ready' });
    })
    .all(onlyMethods('GET'));
}
