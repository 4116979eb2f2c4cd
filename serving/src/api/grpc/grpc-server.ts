import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import {
  connectionSettings,
  connectionVariables,
  type GrpcConnectionLimits,
} from '../connection-settings.js';
import { arrivalTimeout } from './arrival-timeout.js';
import { INFERENCE_SERVICE, loadInferenceService } from './definition.js';
import { inferenceService, type InferenceServiceContext } from './inference-service.js';
import { readableService } from './readable-service.js';

/** An answer to a sign of life takes this long at most. */
const KEEPALIVE_TIMEOUT_MS = 20_000;
/** What every client of HTTP/2 says first. */
const PREFACE_BYTES = 24;
/** Readiness is polled: it changes in places that know nothing of gRPC. */
const HEALTH_INTERVAL_MS = 500;

export interface GrpcOptions {
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
  readonly limits?: GrpcConnectionLimits;
  /** Called for each connection beyond the limit. It is closed. */
  readonly onDrop?: () => void;
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
  {
    host,
    port,
    maxBodyBytes,
    limits = connectionSettings(connectionVariables.parse({})).grpc,
    onDrop = () => undefined,
  }: GrpcOptions,
): Promise<RunningGrpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': maxBodyBytes,
    'grpc.max_concurrent_streams': limits.maxConcurrentStreams,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': Math.min(limits.keepaliveMs, KEEPALIVE_TIMEOUT_MS),
    'grpc.max_connection_age_ms': limits.maxAgeMs,
    'grpc.max_connection_age_grace_ms': limits.maxAgeGraceMs,
    interceptors: [arrivalTimeout(limits.arrivalTimeoutMs)],
  });
  server.addService(readableService(loadInferenceService().service), inferenceService(context));

  let draining = false;
  const health = new HealthImplementation({ '': 'NOT_SERVING', [INFERENCE_SERVICE]: 'NOT_SERVING' });
  health.addToServer(server);
  const reportHealth = (): void => {
    const status = !draining && context.health.isReady() ? 'SERVING' : 'NOT_SERVING';
    health.setStatus('', status);
    health.setStatus(INFERENCE_SERVICE, status);
  };
  const timer = setInterval(reportHealth, HEALTH_INTERVAL_MS);

  // Connections are taken here and handed on, since the library knows no limit of them.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  listener.maxConnections = limits.maxConnections;
  listener.on('drop', onDrop);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (cause) => {
      clearInterval(timer);
      reject(new Error(`Port ${port} on ${host} can't be used for gRPC: ${cause.message}`, { cause }));
    });
    listener.listen(port, host, resolve);
  });
  reportHealth();

  return {
    port: (listener.address() as AddressInfo).port,
    startDraining() {
      draining = true;
      reportHealth();
    },
    async close(timeoutMs) {
      clearInterval(timer);
      const closed = new Promise<void>((resolve) => {
        listener.close(() => {
          resolve();
        });
      });
      server.tryShutdown(() => undefined);
      // A client that never said anything does not hear either that it should go.
      for (const socket of sockets) if (socket.bytesRead < PREFACE_BYTES) socket.destroy();
      const cut = setTimeout(() => {
        server.forceShutdown();
        for (const socket of sockets) socket.destroy();
      }, timeoutMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
