import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import {
  Metadata,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { REQUEST_ERRORS, RequestError } from '../../errors.js';
import type { RequestMetrics } from '../../metrics/requests.js';
import { ownColumns } from '../../prediction/own-columns.js';
import type { PredictionService } from '../../prediction/prediction-service.js';
import type { ModelDirectory } from '../../servables/model-directory.js';
import type { ServableId } from '../../servables/servable.js';
import { requireModel, type AccessControl, type Caller } from '../access/caller.js';
import type { Health } from '../health-routes.js';
import { modelMetadata, requireAvailable, SERVER } from '../model-metadata.js';
import type { Observation, RequestObserver } from '../observation.js';
import { logFailure, toRequestError } from '../problem.js';
import { requestedOutputs } from '../protocols/requested-outputs.js';
import { requestedVersion, VERSION_HEADER } from '../requested-version.js';
import { ALIAS_HEADER, requestedAlias, TRAFFIC_KEY_HEADER, trafficKeyOf } from '../traffic-headers.js';
import { CLIENT_REQUEST_ID, replyHeaders } from '../reply-headers.js';
import type { ModelInferRequest, ModelInferResponse, ModelRequest } from './messages.js';
import { UnreadableMessage } from './readable-service.js';
import { readTensors, writeTensors } from './tensors.js';

export interface InferenceServiceContext {
  readonly service: PredictionService;
  readonly models: ModelDirectory;
  readonly health: Health;
  readonly metrics: RequestMetrics;
  readonly log: Logger;
  readonly access: AccessControl;
  /** Answers where a request names no model. */
  readonly defaultModel: string;
  /** undefined: no call is watched. */
  readonly observer?: RequestObserver | undefined;
}

interface Answer<T> {
  readonly body: T;
  /** The servable that answered, named in the metadata of the reply. */
  readonly servable?: ServableId;
  readonly rows?: number;
}

/** Who calls, and what is known of the call besides its message. */
interface Call {
  readonly caller: Caller;
  readonly observation: Observation | undefined;
  readonly metadata: Metadata;
  readonly requestId: string;
  /** `performance.now()` from which on the client waits no longer. */
  readonly deadline: number;
}

/** Answers a call, and says which stage it is at if the call is watched. */
type Answerer<Request, Response> = (
  request: Request,
  call: Call,
) => Promise<Answer<Response>> | Answer<Response>;

function requestIdOf(metadata: Metadata): string {
  const given = metadata.get('x-request-id')[0];
  return typeof given === 'string' && CLIENT_REQUEST_ID.test(given) ? given : randomUUID();
}

function metadataOf(
  servable: ServableId | undefined,
  requestId: string,
  observation: Observation | undefined,
): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(replyHeaders(servable, requestId))) metadata.set(key, value);
  for (const [key, value] of Object.entries(observation?.replyHeaders ?? {})) metadata.set(key, value);
  return metadata;
}

function headersOf(metadata: Metadata): IncomingHttpHeaders {
  const text = (key: string): string | undefined => {
    const values = metadata.get(key).filter((value) => typeof value === 'string');
    return values.length === 0 ? undefined : values.join(', ');
  };
  return {
    'x-api-key': text('x-api-key'),
    authorization: text('authorization'),
    'x-forwarded-for': text('x-forwarded-for'),
  };
}

/** `127.0.0.1:5000`, or the same of IPv6 without brackets. */
function addressOf(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(':'));
}

/** gRPC counts by the clock on the wall. */
function deadlineOf(deadline: Date | number): number {
  const at = Number(deadline);
  return at === Infinity ? Infinity : performance.now() + (at - Date.now());
}

/** proto3 says "not given" with an empty string. */
function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** Handlers of `inference.GRPCInferenceService`. A refusal carries its code in the metadata `x-error-code`. */
export function inferenceService(context: InferenceServiceContext): UntypedServiceImplementation {
  const { service, models, health, metrics, log, access, defaultModel, observer } = context;

  async function respond<Request, Response>(
    route: string,
    call: ServerUnaryCall<Request, Response>,
    callback: sendUnaryData<Response>,
    answer: Answerer<Request, Response>,
  ): Promise<void> {
    const requestId = requestIdOf(call.metadata);
    const observation = observer?.begin(route, call.metadata.getMap() as IncomingHttpHeaders);
    let caller: Caller | undefined;
    try {
      const identified = access.identify(route, headersOf(call.metadata), addressOf(call.getPeer()));
      caller = identified instanceof Promise ? await identified : identified;
      if (call.request instanceof UnreadableMessage) {
        const { cause } = call.request;
        throw new RequestError(
          'INVALID_REQUEST',
          'The message is not of the form that its definition says',
          [],
          {
            cause,
          },
        );
      }
      const { body, servable, rows } = await answer(call.request, {
        caller,
        observation,
        metadata: call.metadata,
        requestId,
        deadline: deadlineOf(call.getDeadline()),
      });
      call.sendMetadata(metadataOf(servable, requestId, observation));
      callback(null, body);
      metrics.succeeded(route);
      observation?.finish({ status: 200, code: 'ok', requestId, servable, rows, caller });
    } catch (thrown) {
      const error = toRequestError(thrown);
      const { status: httpStatus, code } = error;
      metrics.refused(route, httpStatus, code);
      logFailure(log, error, requestId, observation?.trace);
      observation?.finish({
        status: httpStatus,
        code,
        requestId,
        servable: undefined,
        rows: undefined,
        caller,
        cause: error.cause,
      });
      const metadata = metadataOf(undefined, requestId, observation);
      metadata.set('x-error-code', error.code);
      callback({ code: status[REQUEST_ERRORS[error.code].grpc], details: error.message, metadata });
    }
  }

  function unary<Request, Response>(name: string, answer: Answerer<Request, Response>) {
    return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
      void respond(`grpc/${name}`, call, callback, answer);
    };
  }

  return {
    ServerLive: unary('ServerLive', () => ({ body: { live: true } })),
    ServerReady: unary('ServerReady', () => ({ body: { ready: health.isReady() } })),
    ServerMetadata: unary('ServerMetadata', () => ({ body: { ...SERVER, extensions: [] } })),
    ModelReady: unary('ModelReady', ({ name, version }: ModelRequest, { caller }) => {
      requireModel(caller, given(name) ?? defaultModel);
      return { body: { ready: models.look(given(name), given(version)) !== undefined } };
    }),
    ModelMetadata: unary('ModelMetadata', ({ name, version }: ModelRequest, { caller }) => {
      requireModel(caller, given(name) ?? defaultModel);
      const servable = requireAvailable(models, given(name), given(version));
      return { body: modelMetadata(models, servable), servable: servable.id };
    }),
    ModelInfer: unary(
      'ModelInfer',
      async (
        request: ModelInferRequest,
        { caller, observation, metadata, requestId, deadline },
      ): Promise<Answer<ModelInferResponse>> => {
        observation?.stage?.('read');
        const model = given(request.model_name);
        requireModel(caller, model ?? defaultModel);
        const tensors = readTensors(request);
        const version = requestedVersion(given(request.model_version), metadata.get(VERSION_HEADER)[0]);
        const prediction = await service.predict(
          {
            model,
            version,
            alias: requestedAlias(metadata.get(ALIAS_HEADER)[0]),
            trafficKey: trafficKeyOf(metadata.get(TRAFFIC_KEY_HEADER)[0]),
            requestId,
            client: caller.id,
            deadline,
          },
          {
            rows: tensors[0]?.shape[0] ?? 0,
            encode: (encoder, batch) => {
              observation?.stage?.('encode');
              encoder.encodeTensorsInto(batch, tensors);
              observation?.stage?.('run');
            },
          },
        );
        const { servable } = prediction;
        const rows = prediction.to - prediction.from;
        observation?.stage?.('write');
        const body = {
          model_name: servable.modelName,
          model_version: servable.version,
          id: request.id,
          ...writeTensors(
            requestedOutputs(request.outputs, ownColumns(prediction)),
            rows,
            request.raw_input_contents.length > 0,
          ),
        };
        return { body, servable, rows };
      },
    ),
  };
}
