import type { Express, Request } from 'express';
import { RequestError } from '../errors.js';
import type { ModelDirectory } from '../servables/model-directory.js';
import type { Servable } from '../servables/servable.js';
import { onlyMethods } from './express-pipeline.js';
import type { Health } from './health-routes.js';
import { DATATYPES } from './protocols/open-inference.js';

export interface ServerIdentity {
  readonly name: string;
  readonly version: string;
}

/** MLflow's clients read this as the version of the MLflow API that they speak to. */
const MLFLOW_API_VERSION = '3.17.2';

function available(models: ModelDirectory, { params }: Request): Servable {
  const servable = models.look(params['model'] as string, params['version'] as string | undefined);
  if (servable === undefined)
    throw new RequestError('MODEL_NOT_READY', 'No version of this model is loaded yet');
  return servable;
}

function metadata(models: ModelDirectory, servable: Servable): object {
  const { id, encoder } = servable;
  return {
    name: id.modelName,
    versions: models.versions(id.modelName),
    platform: 'onnxruntime_onnx',
    inputs: encoder.inputs.map(({ name, type, width }) => ({
      name,
      datatype: DATATYPES[type],
      shape: [-1, width],
    })),
    outputs: servable.manifest!.outputs.map(({ name, type, shape }) => ({
      name,
      datatype: DATATYPES[type],
      shape: [-1, ...shape],
    })),
  };
}

/** What the inference protocols say about server and models, besides inference itself. */
export function addModelRoutes(
  app: Express,
  models: ModelDirectory,
  health: Health,
  server: ServerIdentity,
): void {
  // Open Inference Protocol v2
  app
    .route('/v2')
    .get((_request, response) => {
      response.json({ ...server, extensions: ['binary_tensor_data'] });
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
      response.json(metadata(models, available(models, request)));
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
