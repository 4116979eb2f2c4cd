import type { Express, Request } from 'express';
import type { ModelDirectory } from '../servables/model-directory.js';
import type { Servable } from '../servables/servable.js';
import { onlyMethods } from './express-pipeline.js';
import type { Health } from './health-routes.js';
import { modelMetadata, requireAvailable, SERVER } from './model-metadata.js';

/** MLflow's clients read this as the version of the MLflow API that they speak to. */
const MLFLOW_API_VERSION = '3.17.2';

function available(models: ModelDirectory, { params }: Request): Servable {
  return requireAvailable(models, params['model'] as string, params['version'] as string | undefined);
}

/** What the inference protocols say about server and models, besides inference itself. */
export function addModelRoutes(app: Express, models: ModelDirectory, health: Health): void {
  // Open Inference Protocol v2
  app
    .route('/v2')
    .get((_request, response) => {
      response.json({ ...SERVER, extensions: ['binary_tensor_data'] });
    })
    .all(onlyMethods('GET'));
  app
    .route('/v2/health/live')
    .get((_request, response) => {
      response.json({ live: true });
    })
    .all(onlyMethods('GET'));
  app
    .route('/v2/health/ready')
    .get((_request, response) => {
      const ready = health.isReady();
      response.status(ready ? 200 : 503).json({ ready });
    })
    .all(onlyMethods('GET'));
  app
    .route(['/v2/models/:model', '/v2/models/:model/versions/:version'])
    .get((request, response) => {
      response.json(modelMetadata(models, available(models, request)));
    })
    .all(onlyMethods('GET'));
  app
    .route(['/v2/models/:model/ready', '/v2/models/:model/versions/:version/ready'])
    .get((request, response) => {
      const { id } = available(models, request);
      response.json({ name: id.modelName, version: id.version, ready: true });
    })
    .all(onlyMethods('GET'));

  // V1
  app
    .route('/v1/models/:model')
    .get((request, response) => {
      const { model } = request.params;
      response.json({ name: model, ready: models.look(model) !== undefined });
    })
    .all(onlyMethods('GET'));

  // MLflow
  app
    .route('/ping')
    .get((_request, response) => {
      response.status(health.isReady() ? 200 : 503).end('\n');
    })
    .all(onlyMethods('GET'));
  app
    .route('/version')
    .get((_request, response) => {
      response.type('text/plain').send(MLFLOW_API_VERSION);
    })
    .all(onlyMethods('GET'));
}
