import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { INFERENCE_SERVICE, loadInferenceService } from './definition.js';
import { inferenceService, type InferenceServiceContext } from './inference-service.js';

/** Readiness is polled: it changes in places that know nothing of gRPC. */
const HEALTH_INTERVAL_MS = 500;

export interface GrpcOptions {
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
}

export interface RunningGrpcServer {
  readonly port: number;
  /** Says NOT_SERVING to health checks. */
  startDraining(): void;
  /** Waits for calls in flight; after the time-out they are cut. */
  close(timeoutMs: number): Promise<void>;
}

/** The inference service and `grpc.health.v1` on one port, without TLS: that is the mesh's or the ingress's to add. */
export async function listenGrpc(
  context: InferenceServiceContext,
  options: GrpcOptions,
): Promise<RunningGrpcServer> {
  const server = new Server({ 'grpc.max_receive_message_length': options.maxBodyBytes });
  server.addService(loadInferenceService().service, inferenceService(context));

  let draining = false;
  const health = new HealthImplementation({ '': 'NOT_SERVING', [INFERENCE_SERVICE]: 'NOT_SERVING' });
  health.addToServer(server);
  const reportHealth = (): void => {
    const status = !draining && context.health.isReady() ? 'SERVING' : 'NOT_SERVING';
    health.setStatus('', status);
    health.setStatus(INFERENCE_SERVICE, status);
  };
  const timer = setInterval(reportHealth, HEALTH_INTERVAL_MS);

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      `${options.host}:${options.port}`,
      ServerCredentials.createInsecure(),
      (error, bound) => {
        if (error === null) resolve(bound);
        else {
          clearInterval(timer);
          reject(
            new Error(`Port ${options.port} on ${options.host} can't be used for gRPC: ${error.message}`),
          );
        }
      },
    );
  });
  reportHealth();

  return {
    port,
    startDraining() {
      draining = true;
      reportHealth();
    },
    async close(timeoutMs) {
      clearInterval(timer);
      const cut = setTimeout(() => {
        server.forceShutdown();
      }, timeoutMs);
      await new Promise<void>((resolve) => {
        server.tryShutdown(() => {
          resolve();
        });
      });
      clearTimeout(cut);
    },
  };
}
