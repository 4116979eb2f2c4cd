import type { Express } from 'express';
import { expressPipeline, type PipelineContext } from './express-pipeline.js';
import { addHealthRoutes, type Health } from './health-routes.js';

/** What clients reach besides `/predict`, which the predict lane answers before this app is asked. */
export function publicApp(context: PipelineContext, health: Health): Express {
  return expressPipeline(context, (app) => {
    addHealthRoutes(app, health);
  });
}
