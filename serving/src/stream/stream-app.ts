import type { Express } from 'express';
import type { Registry } from 'prom-client';
import { expressPipeline, onlyMethods, type PipelineContext } from '../api/express-pipeline.js';
import { addHealthRoutes, type Health } from '../api/health-routes.js';

/** Health and metrics of the stream. */
export function streamApp(context: PipelineContext, health: Health, registry: Registry): Express {
  return expressPipeline(context, (app) => {
    addHealthRoutes(app, health);
    app
      .route('/metrics')
      .get(async (_request, response) => {
        response.type(registry.contentType).send(await registry.metrics());
      })
      .all(onlyMethods('GET'));
  });
}
