import type { Logger } from 'pino';
import { listenGrpc } from './api/grpc/grpc-server.js';
import { listen } from './api/http-server.js';
import { InferenceLane } from './api/inference-lane.js';
import { managementApp } from './api/management-app.js';
import { invocationsProtocol } from './api/protocols/invocations.js';
import { openInferenceProtocol } from './api/protocols/open-inference.js';
import { predictProtocol } from './api/protocols/predict.js';
import { v1Protocol } from './api/protocols/v1.js';
import { publicApp } from './api/public-app.js';
import { statusReport } from './api/status-report.js';
import type { Config, ModelConfig } from './config.js';
import { followModel, type FollowedModel } from './followed-model.js';
import { PredictionMetrics } from './metrics/predictions.js';
import { createMetricsRegistry } from './metrics/registry.js';
import { RequestMetrics } from './metrics/requests.js';
import { ServableMetrics } from './metrics/servables.js';
import { MicroBatcher } from './prediction/micro-batcher.js';
import { PredictionService } from './prediction/prediction-service.js';
import { ArtifactStore } from './registry/artifact-store.js';
import { MlflowRegistry } from './registry/mlflow-registry.js';
import type { ModelRegistry } from './registry/model-registry.js';
import { WebhookVerifier } from './registry/webhook-signature.js';
import { ModelDirectory } from './servables/model-directory.js';

/** A running tier. */
export interface ServingTier {
  readonly port: number;
  readonly grpcPort: number;
  readonly managementPort: number;
  /** Stops being ready, finishes what is in flight, releases the models. */
  stop(): Promise<void>;
}

/** In the order in which a path is held against them. */
const PROTOCOLS = [predictProtocol, openInferenceProtocol, v1Protocol, invocationsProtocol];

/**
 * Builds the tier and starts it: ports first, so that probes and `/status` answer from the beginning; then the
 * models. A tier without a model is alive and not ready.
 *
 * @param registry stands in for MLflow in tests
 */
export async function startServingTier(
  config: Config,
  log: Logger,
  registry: ModelRegistry = new MlflowRegistry(config.registry),
): Promise<ServingTier> {
  const metricsRegistry = createMetricsRegistry();
  const requestMetrics = new RequestMetrics(metricsRegistry);
  let stopping = false;

  const store = new ArtifactStore(registry, {
    directory: config.artifactCacheDir,
    keep: config.artifactCacheKeep,
    maxPackageBytes: config.maxPackageBytes,
  });
  await store.open();

  const following = {
    registry,
    store,
    metrics: new ServableMetrics(metricsRegistry),
    log,
    servableOptions: { intraOpThreads: config.intraOpThreads, unknownFeatures: config.unknownFeatures },
    pollIntervalSeconds: config.pollIntervalSeconds,
    pruneCache: (): Promise<void> =>
      store.prune(new Set(models.flatMap(({ manager }) => manager.servables.map(({ id }) => id.digest)))),
  };
  const follow = (model: ModelConfig): FollowedModel => followModel(model, following);
  const [first, ...others] = config.models;
  const models: readonly [FollowedModel, ...FollowedModel[]] = [follow(first), ...others.map(follow)];
  const directory = new ModelDirectory(models);

  const champion = () => models[0].manager.champion?.id;
  /** All of them: a replica that lacks a model would answer for it with errors. */
  const health = {
    isReady: () => !stopping && models.every(({ manager }) => manager.champion !== undefined),
  };
  const context = { champion, metrics: requestMetrics, log };

  const service = new PredictionService(
    directory,
    new MicroBatcher(config.maxBatchRows),
    new PredictionMetrics(metricsRegistry),
    config.maxRowsPerRequest,
  );
  const lane = new InferenceLane(PROTOCOLS, service, champion, requestMetrics, log, {
    maxBodyBytes: config.maxBodyBytes,
  });
  const everythingElse = publicApp(context, health, directory);
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
  const publicServer = await open(
    listen(
      (request, response) => {
        const claim = lane.claim(request);
        if (claim === undefined) everythingElse(request, response);
        else void lane.handle(claim, request, response);
      },
      config.host,
      config.port,
    ),
  );
  const grpcServer = await open(
    listenGrpc(
      { service, models: directory, health, metrics: requestMetrics, log },
      { host: config.host, port: config.grpcPort, maxBodyBytes: config.maxBodyBytes },
    ),
  );
  const managementServer = await open(
    listen(
      managementApp(context, {
        health,
        metricsRegistry,
        status: () => statusReport(health.isReady(), models),
        hurry: () => {
          for (const { watcher } of models) void watcher.hurry();
        },
        forgetFailures: () => {
          for (const { manager } of models) manager.forgetFailures();
        },
        webhooks: config.webhookSecret === undefined ? undefined : new WebhookVerifier(config.webhookSecret),
        adminToken: config.adminToken,
      }),
      config.managementHost,
      config.managementPort,
    ),
  );
  log.info(
    { port: publicServer.port, grpc_port: grpcServer.port, management_port: managementServer.port },
    'listening',
  );

  const started = Promise.all(models.map(({ watcher }) => watcher.start()));

  return {
    port: publicServer.port,
    grpcPort: grpcServer.port,
    managementPort: managementServer.port,
    async stop() {
      stopping = true;
      publicServer.startDraining();
      grpcServer.startDraining();
      await new Promise((resolve) => setTimeout(resolve, config.shutdownDelayMs));
      const deadline = performance.now() + config.shutdownTimeoutMs;
      await Promise.all([
        publicServer.close(config.shutdownTimeoutMs),
        grpcServer.close(config.shutdownTimeoutMs),
      ]);
      // Waits for a version that is loading, but not for a download that hangs: what it leaves half-written is
      // removed on the next start.
      await within(deadline - performance.now(), async () => {
        await started;
        await Promise.all(models.map(({ watcher }) => watcher.stop()));
        await Promise.all(models.map(({ manager }) => manager.close()));
      });
      await managementServer.close(0);
    },
  };
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
