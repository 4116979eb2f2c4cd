import type { Express } from 'express';
import type { ModelDirectory } from '../servables/model-directory.js';
import { expressPipeline, type PipelineContext } from './express-pipeline.js';
import { addHealthRoutes, type Health } from './health-routes.js';
import { addModelRoutes } from './model-routes.js';

/** What clients reach besides predictions, which the inference lane answers before this app is asked. */
export function publicApp(context: PipelineContext, health: Health, models: ModelDirectory): Express {
  return expressPipeline(context, (app) => {
    addHealthRoutes(app, health);
    addModelRoutes(app, models, health);
  });
}
