import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Express } from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { guardRoutes } from './api/access/guarded-routes.js';
import { requirementOf } from './api/access/route-policy.js';
import { startAccess } from './api/access/start-access.js';
import { BodyBudget } from './api/body-budget.js';
import { earlyRefusals } from './api/early-refusal.js';
import { INFERENCE_METHODS } from './api/grpc/definition.js';
import { ThreadedBulkCodec } from './api/bulk/threaded-bulk-codec.js';
import { listenGrpc } from './api/grpc/grpc-server.js';
import { listen } from './api/http-server.js';
import { InferenceLane } from './api/inference-lane.js';
import { OpenApiSource } from './api/openapi/openapi-source.js';
import { SERVER } from './api/model-metadata.js';
import { PROTOCOLS } from './api/protocols/protocols.js';
import { publicApp } from './api/public-app.js';
import type { Answering, WorkerCommands } from './api/replica.js';
import { workerReport } from './api/status-report.js';
import { ConfigError, type Config, type ModelConfig } from './config.js';
import { startFeedback } from './feedback/feedback.js';
import { messageOf } from './errors.js';
import { failureObserver } from './failure-observer.js';
import { followModel, type FollowedModel } from './followed-model.js';
import { listenManagement } from './management.js';
import { AccessMetrics } from './metrics/access.js';
import { buildInfoMetric } from './metrics/build-info.js';
import { ConnectionMetrics } from './metrics/connections.js';
import { PredictionFailureMetrics } from './metrics/prediction-failures.js';
import { PredictionMetrics } from './metrics/predictions.js';
import { createMetricsRegistry } from './metrics/registry.js';
import { RequestMetrics } from './metrics/requests.js';
import { saturationMetrics } from './metrics/saturation.js';
import { ServableMetrics } from './metrics/servables.js';
import { ShadowMetrics } from './metrics/shadow.js';
import { trafficMetrics } from './metrics/traffic.js';
import { readPublicKeys } from './model-package/package-signature.js';
import { startObservability } from './observability/observability.js';
import { Admission } from './prediction/admission.js';
import { MicroBatcher } from './prediction/micro-batcher.js';
import { PredictionService } from './prediction/prediction-service.js';
import { SpareTimeShadow } from './prediction/shadow/spare-time-shadow.js';
import { TrafficRouter } from './prediction/traffic-router.js';
import { DriftMonitor } from './quality/drift-monitor.js';
import { ArtifactStore } from './registry/artifact-store.js';
import { MlflowRegistry } from './registry/mlflow-registry.js';
import type { ModelRegistry } from './registry/model-registry.js';
import { ModelDirectory } from './servables/model-directory.js';
import type { ServableId } from './servables/servable.js';
import { shadowFailureLog } from './shadow-failure-log.js';
import { metricFamilies } from './workers/metric-families.js';
import { singleProcess } from './workers/single-process.js';

/** A running tier. */
export interface ServingTier {
  readonly port: number;
  readonly grpcPort: number;
  readonly managementPort: number;
  /** Stops being ready, finishes what is in flight, releases the models. */
  stop(): Promise<void>;
}

/** What answers predictions, without a management port: a whole process of a replica, or the part of its only one. */
export interface Worker {
  /** undefined as long as it takes no requests. */
  readonly ports: PublicPorts | undefined;
  readonly isReady: () => boolean;
  readonly champion: () => ServableId | undefined;
  readonly metricsRegistry: Registry;
  readonly requestMetrics: RequestMetrics;
  readonly answers: Answering;
  readonly commands: WorkerCommands;
  /** Takes requests from now on, whether there is a model or not. */
  takeRequests(): Promise<PublicPorts>;
  /**
   * Stops being ready, finishes what is in flight, releases the models.
   *
   * @param drainMs answers on for so long, unless SHUTDOWN_DELAY_SECONDS is longer
   */
  stop(drainMs?: number): Promise<void>;
}

export interface PublicPorts {
  readonly http: number;
  readonly grpc: number;
}

/** How a worker stands to those beside it. */
export interface Membership {
  /** Requests are taken from the start on, or only when the worker is told to. */
  readonly takesRequests: 'at once' | 'when told';
  /** Readiness, or what answers, may be another from now on. */
  readonly changed: () => void;
}

const ALONE: Membership = { takesRequests: 'at once', changed: () => undefined };

/** Bodies of the largest size that may wait to be read. */
const PENDING_BODIES = 4;
/** What is left of the prediction log has this long to be written. */
const FEEDBACK_CLOSE_MS = 3_000;
/** Labels decide which model is trained and promoted next: not every token may bring them. */
const OUTCOME_ROUTE = '/outcomes';
const PREDICTION_ROUTES = [...PROTOCOLS.map(({ route }) => route), 'grpc/ModelInfer'];
const SCOPED_ROUTES = [...PREDICTION_ROUTES, OUTCOME_ROUTE];

/**
 * Builds a worker and starts it: ports first, so that probes answer from the beginning; then the models. A worker
 * without a model is alive and not ready.
 *
 * @param registry stands in for MLflow in tests
 */
export async function startWorker(
  config: Config,
  log: Logger,
  registry?: ModelRegistry,
  { takesRequests, changed }: Membership = ALONE,
): Promise<Worker> {
  const observability = await startObservability(config, SERVER, log);
  const { observer, tracing } = observability;
  const metricsRegistry = createMetricsRegistry();
  buildInfoMetric(metricsRegistry, config.release);
  const requestMetrics = new RequestMetrics(metricsRegistry);
  const connectionMetrics = new ConnectionMetrics(metricsRegistry);
  let stopping = false;

  const modelRegistry = registry ?? new MlflowRegistry(config.registry, tracing?.calls);
  const store = new ArtifactStore(modelRegistry, {
    directory: config.artifactCacheDir,
    keep: config.artifactCacheKeep,
    maxPackageBytes: config.maxPackageBytes,
  });
  await store.open();
  const publicKeys = await signatureKeys(config.signaturePublicKeysFile);
  const access = await startAccess(config.access, SCOPED_ROUTES, log, new AccessMetrics(metricsRegistry));

  const predictionMetrics = new PredictionMetrics(metricsRegistry);
  const failureMetrics = new PredictionFailureMetrics(metricsRegistry);
  const shadowMetrics = new ShadowMetrics(metricsRegistry);
  const following = {
    registry: modelRegistry,
    store,
    publicKeys,
    tracing,
    metrics: new ServableMetrics(metricsRegistry),
    log,
    servableOptions: {
      intraOpThreads: config.intraOpThreads,
      unknownFeatures: config.unknownFeatures,
      inlineModelBytes: config.inlineModelBytes,
    },
    pollIntervalSeconds: config.pollIntervalSeconds,
    changed,
    opened({ modelName, version }: ServableId, alias: string): void {
      // Nobody is answered by a shadow.
      if (alias === 'shadow') {
        shadowMetrics.ofVersion(modelName, version);
        return;
      }
      predictionMetrics.series(modelName, version, alias);
      failureMetrics.open(modelName, version, alias);
    },
    pruneCache: (): Promise<void> => {
      const inUse = models.flatMap(({ manager, roles }) => [
        ...manager.servables,
        ...(roles?.servables ?? []),
      ]);
      return store.prune(new Set(inUse.map(({ id }) => id.digest)));
    },
  };
  const follow = (model: ModelConfig): FollowedModel =>
    followModel(model, model === config.models.find(({ name }) => name === model.name), following);
  const [first, ...others] = config.models;
  const models: readonly [FollowedModel, ...FollowedModel[]] = [follow(first), ...others.map(follow)];
  trafficMetrics(metricsRegistry, () => models.flatMap(({ roles }) => roles?.traffic ?? []));
  const directory = new ModelDirectory(models);

  const champion = () => models[0].manager.champion?.id;
  /** All of them: a replica that lacks a model would answer for it with errors. */
  const health = {
    isReady: () => !stopping && models.every(({ manager }) => manager.champion !== undefined),
  };
  const context = { champion, metrics: requestMetrics, log, observer };

  const driftMonitor = new DriftMonitor(config.drift);
  const admission = new Admission(config.maxQueueMs);
  const bodies = new BodyBudget(config.maxBufferedBytes);
  saturationMetrics(metricsRegistry, {
    queuedMs: () => admission.queuedMs,
    bufferedBytes: () => bodies.heldBytes,
  });
  const feedback = config.feedback && startFeedback(config.feedback, metricsRegistry, log);
  const service = new PredictionService(
    new TrafficRouter(directory),
    admission,
    new MicroBatcher(config.maxBatchRows, driftMonitor),
    predictionMetrics,
    config.maxRowsPerRequest,
    {
      recorder: feedback?.predictions,
      shadows: new SpareTimeShadow(admission, config.maxQueueMs, shadowMetrics, shadowFailureLog(log)),
      failures: failureObserver(failureMetrics, log),
    },
  );
  const bulk = new ThreadedBulkCodec(service, {
    unknownFeatures: config.unknownFeatures,
    maxPendingBytes: PENDING_BODIES * config.maxBodyBytes,
  });
  const lane = new InferenceLane(PROTOCOLS, {
    service,
    champion,
    defaultModel: first.name,
    access: access.control,
    metrics: requestMetrics,
    log,
    observer,
    maxBodyBytes: config.maxBodyBytes,
    bodies,
    bulk,
  });
  let expressRoutes: ReadonlySet<string> = new Set();
  const docs =
    config.apiDocs === 'off'
      ? undefined
      : new OpenApiSource(models, {
          unknownFeatures: config.unknownFeatures,
          maxRowsPerRequest: config.maxRowsPerRequest,
          examples: config.apiDocs === 'on',
          outcomes: config.feedback !== undefined,
          requirements: (route) => requirementOf(config.access.policy, route),
        });
  const guard = (app: Express): void => {
    expressRoutes = guardRoutes(app, access.control);
  };
  const everythingElse = publicApp(
    context,
    health,
    directory,
    guard,
    docs,
    config.feedback &&
      feedback && {
        store: feedback.outcomes,
        limits: config.feedback.outcomes,
        maxBodyBytes: config.maxBodyBytes,
        bodies,
        modelNames: config.models.map(({ name }) => name),
        refused: () => {
          feedback.metrics.outcomes('refused', 1);
        },
      },
  );
  access.checkPatterns([
    ...PREDICTION_ROUTES,
    ...expressRoutes,
    ...INFERENCE_METHODS.map((m) => `grpc/${m}`),
  ]);
  const opened: { close(timeoutMs: number): Promise<void> }[] = [];
  /** A port that is taken must not leave the others open. */
  const open = async <T extends { close(timeoutMs: number): Promise<void> }>(
    opening: Promise<T>,
  ): Promise<T> => {
    try {
      const server = await opening;
      opened.push(server);
      return server;
    } catch (error) {
      await Promise.all(opened.map((server) => server.close(0)));
      throw error;
    }
  };
  const openPorts = async () => {
    const http = await open(
      listen(
        (request, response) => {
          const claim = lane.claim(request);
          if (claim === undefined) everythingElse(request, response);
          else void lane.handle(claim, request, response);
        },
        config.host,
        config.port,
        {
          limits: config.connections.http,
          refuse: earlyRefusals(champion, requestMetrics),
          onDrop: () => {
            connectionMetrics.dropped('http');
          },
        },
      ),
    );
    const grpc = await open(
      listenGrpc(
        {
          service,
          models: directory,
          health,
          metrics: requestMetrics,
          log,
          access: access.control,
          defaultModel: first.name,
          observer,
        },
        {
          host: config.host,
          port: config.grpcPort,
          maxBodyBytes: config.maxBodyBytes,
          limits: config.connections.grpc,
          onDrop: () => {
            connectionMetrics.dropped('grpc');
          },
        },
      ),
    );
    return { http, grpc };
  };
  let opening: ReturnType<typeof openPorts> | undefined;
  let ports: PublicPorts | undefined;
  const takeRequests = async (): Promise<PublicPorts> => {
    opening ??= openPorts();
    const { http, grpc } = await opening;
    ports = { http: http.port, grpc: grpc.port };
    return ports;
  };
  if (takesRequests === 'at once') await takeRequests();

  /** What the management port asks and tells, here or by way of a primary. */
  const answers: Answering = {
    status: () => workerReport({ serving: ports !== undefined, ready: health.isReady() }, models),
    metrics: () => metricFamilies(metricsRegistry),
    drift: () =>
      driftMonitor.snapshots(
        models.flatMap(({ alias, manager: { champion: servable } }) =>
          servable === undefined ? [] : { alias, servable },
        ),
      ),
  };
  const commands: WorkerCommands = {
    hurry() {
      for (const { watcher, roles } of models) {
        void watcher.hurry();
        void roles?.hurry();
      }
    },
    forgetFailures() {
      for (const { manager, roles } of models) {
        manager.forgetFailures();
        roles?.forgetFailures();
      }
    },
  };
  const started = Promise.all(
    models.flatMap(({ watcher, roles }) => [watcher.start(), roles?.start() ?? Promise.resolve()]),
  );

  return {
    get ports() {
      return ports;
    },
    isReady: () => health.isReady(),
    champion,
    metricsRegistry,
    requestMetrics,
    answers,
    commands,
    takeRequests,
    async stop(drainMs = 0) {
      stopping = true;
      changed();
      const servers = Object.values((await opening) ?? {});
      for (const server of servers) server.startDraining();
      await new Promise((resolve) => setTimeout(resolve, Math.max(drainMs, config.shutdownDelayMs)));
      const deadline = performance.now() + config.shutdownTimeoutMs;
      await Promise.all(servers.map((server) => server.close(config.shutdownTimeoutMs)));
      // Waits for a version that is loading, but not for a download that hangs: what it leaves half-written is
      // removed on the next start.
      await within(deadline - performance.now(), async () => {
        await started;
        await Promise.all(
          models.flatMap(({ watcher, roles }) => [watcher.stop(), roles?.stop() ?? Promise.resolve()]),
        );
        await Promise.all(
          models.flatMap(({ manager, roles }) => [manager.close(), roles?.close() ?? Promise.resolve()]),
        );
      });
      await bulk.close();
      // A disk or a broker that does not answer may not hold up the end.
      await within(FEEDBACK_CLOSE_MS, async () => feedback?.close());
      access.close();
      await observability.stop();
    },
  };
}

/**
 * A replica of one process: a worker, and a management port that speaks for it.
 *
 * @param registry stands in for MLflow in tests
 */
export async function startServingTier(
  config: Config,
  log: Logger,
  registry?: ModelRegistry,
): Promise<ServingTier> {
  const worker = await startWorker(config, log, registry);
  const { http: port, grpc: grpcPort } = await worker.takeRequests();
  const { models } = config;
  const management = await listenManagement(
    config,
    log,
    singleProcess({ models, ...worker }),
    worker.requestMetrics,
    registry,
  ).catch(async (error: unknown) => {
    await worker.stop();
    throw error;
  });
  log.info({ port, grpc_port: grpcPort, management_port: management.port }, 'listening');
  return {
    port,
    grpcPort,
    managementPort: management.port,
    async stop() {
      await worker.stop();
      await management.close(0);
    },
  };
}

/** @throws {ConfigError} rather than load what nobody has signed, or nothing at all */
async function signatureKeys(path: string | undefined): Promise<readonly KeyObject[] | undefined> {
  if (path === undefined) return undefined;
  try {
    return readPublicKeys(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError(`SIGNATURE_PUBLIC_KEYS_FILE ${path} is not usable. ${messageOf(cause)}`, { cause });
  }
}

/** Runs something to its end, or until the time is over. */
async function within(timeoutMs: number, run: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsOver = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, timeoutMs));
  });
  await Promise.race([run(), timeIsOver]);
  clearTimeout(timer);
}
