import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTO = fileURLToPath(new URL('./open-inference.proto', import.meta.url));

/** Full name of the service, which is also its name in health checks. */
export const INFERENCE_SERVICE = 'inference.GRPCInferenceService';

/** Its methods. */
export const INFERENCE_METHODS = [
  'ServerLive',
  'ServerReady',
  'ServerMetadata',
  'ModelReady',
  'ModelMetadata',
  'ModelInfer',
] as const;

/** The service of open-inference.proto: its definition for a server, its constructor for a client. */
export function loadInferenceService(): ServiceClientConstructor {
  const definition = loadSync(PROTO, { keepCase: true, longs: Number, defaults: true, arrays: true });
  const { inference } = loadPackageDefinition(definition) as unknown as {
    inference: { GRPCInferenceService: ServiceClientConstructor };
  };
  return inference.GRPCInferenceService;
}
