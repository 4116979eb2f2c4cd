import { randomUUID } from 'node:crypto';
import {
  Metadata,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { REQUEST_ERRORS } from '../../errors.js';
import type { RequestMetrics } from '../../metrics/requests.js';
import type { PredictionService } from '../../prediction/prediction-service.js';
import type { ModelDirectory } from '../../servables/model-directory.js';
import type { ServableId } from '../../servables/servable.js';
import type { Health } from '../health-routes.js';
import { modelMetadata, requireAvailable, SERVER } from '../model-metadata.js';
import { logFailure, toRequestError } from '../problem.js';
import { requestedOutputs } from '../protocols/requested-outputs.js';
import { CLIENT_REQUEST_ID, replyHeaders } from '../reply-headers.js';
import type { ModelInferRequest, ModelInferResponse, ModelRequest } from './messages.js';
import { readTensors, writeTensors } from './tensors.js';

export interface InferenceServiceContext {
  readonly service: PredictionService;
  readonly models: ModelDirectory;
  readonly health: Health;
  readonly metrics: RequestMetrics;
  readonly log: Logger;
}

interface Answer<T> {
  readonly body: T;
  /** The servable that answered, named in the metadata of the reply. */
  readonly servable?: ServableId;
}

function requestIdOf(metadata: Metadata): string {
  const given = metadata.get('x-request-id')[0];
  return typeof given === 'string' && CLIENT_REQUEST_ID.test(given) ? given : randomUUID();
}

function metadataOf(servable: ServableId | undefined, requestId: string): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(replyHeaders(servable, requestId))) metadata.set(key, value);
  return metadata;
}

/** proto3 says "not given" with an empty string. */
function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** Handlers of `inference.GRPCInferenceService`. A refusal carries its code in the metadata `x-error-code`. */
export function inferenceService(context: InferenceServiceContext): UntypedServiceImplementation {
  const { service, models, health, metrics, log } = context;

  async function respond<Request, Response>(
    route: string,
    call: ServerUnaryCall<Request, Response>,
    callback: sendUnaryData<Response>,
    answer: (request: Request) => Promise<Answer<Response>> | Answer<Response>,
  ): Promise<void> {
    const requestId = requestIdOf(call.metadata);
    try {
      const { body, servable } = await answer(call.request);
      call.sendMetadata(metadataOf(servable, requestId));
      callback(null, body);
      metrics.succeeded(route);
    } catch (thrown) {
      const error = toRequestError(thrown);
      metrics.refused(route, error.status, error.code);
      logFailure(log, error, requestId);
      const metadata = metadataOf(undefined, requestId);
      metadata.set('x-error-code', error.code);
      callback({ code: status[REQUEST_ERRORS[error.code].grpc], details: error.message, metadata });
    }
  }

  function unary<Request, Response>(
    name: string,
    answer: (request: Request) => Promise<Answer<Response>> | Answer<Response>,
  ) {
    return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
      void respond(`grpc/${name}`, call, callback, answer);
    };
  }

  return {
    ServerLive: unary('ServerLive', () => ({ body: { live: true } })),
    ServerReady: unary('ServerReady', () => ({ body: { ready: health.isReady() } })),
    ServerMetadata: unary('ServerMetadata', () => ({ body: { ...SERVER, extensions: [] } })),
    ModelReady: unary('ModelReady', ({ name, version }: ModelRequest) => ({
      body: { ready: models.look(given(name), given(version)) !== undefined },
    })),
    ModelMetadata: unary('ModelMetadata', ({ name, version }: ModelRequest) => {
      const servable = requireAvailable(models, given(name), given(version));
      return { body: modelMetadata(models, servable), servable: servable.id };
    }),
    ModelInfer: unary(
      'ModelInfer',
      async (request: ModelInferRequest): Promise<Answer<ModelInferResponse>> => {
        const tensors = readTensors(request);
        const model = given(request.model_name);
        const version = given(request.model_version);
        const { servable, outputs, rows } = await service.predict({
          ...(model !== undefined && { model }),
          ...(version !== undefined && { version }),
          rows: tensors[0]?.shape[0] ?? 0,
          encode: (encoder) => encoder.encodeTensors(tensors),
        });
        const body = {
          model_name: servable.modelName,
          model_version: servable.version,
          id: request.id,
          ...writeTensors(
            requestedOutputs(request.outputs, outputs),
            rows,
            request.raw_input_contents.length > 0,
          ),
        };
        return { body, servable };
      },
    ),
  };
}
