import type { Express } from 'express';
import type { ModelDirectory } from '../servables/model-directory.js';
import { addDocsRoutes } from './docs-routes.js';
import { expressPipeline, type PipelineContext } from './express-pipeline.js';
import { addHealthRoutes, type Health } from './health-routes.js';
import { addModelRoutes } from './model-routes.js';
import type { OpenApiSource } from './openapi/openapi-source.js';
import { addOutcomeRoutes, type OutcomeRouteContext } from './outcomes/outcome-routes.js';

/**
 * What clients reach besides predictions, which the inference lane answers before this app is asked.
 *
 * @param guard makes the routes ask who calls
 * @param docs undefined: there are none
 * @param outcomes undefined: they are not taken
 */
export function publicApp(
  context: PipelineContext,
  health: Health,
  models: ModelDirectory,
  guard: (app: Express) => void = () => undefined,
  docs?: OpenApiSource,
  outcomes?: OutcomeRouteContext,
): Express {
  return expressPipeline(context, (app) => {
    guard(app);
    addHealthRoutes(app, health);
    addModelRoutes(app, models, health);
    addOutcomeRoutes(app, outcomes);
    if (docs !== undefined) addDocsRoutes(app, docs);
  });
}
