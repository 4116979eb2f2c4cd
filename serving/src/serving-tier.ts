import type { Logger } from 'pino';
import { listen, type RunningServer } from './api/http-server.js';
import { managementApp } from './api/management-app.js';
import { isPredict, PredictLane } from './api/predict-lane.js';
import { publicApp } from './api/public-app.js';
import { statusReport } from './api/status-report.js';
import type { Config } from './config.js';
import { messageOf } from './errors.js';
import { PredictionMetrics } from './metrics/predictions.js';
import { createMetricsRegistry } from './metrics/registry.js';
import { RequestMetrics } from './metrics/requests.js';
import { ServableMetrics } from './metrics/servables.js';
import { MicroBatcher } from './prediction/micro-batcher.js';
import { PredictionService } from './prediction/prediction-service.js';
import { AliasWatcher, type AliasListener } from './registry/alias-watcher.js';
import { ArtifactStore } from './registry/artifact-store.js';
import { MlflowRegistry } from './registry/mlflow-registry.js';
import type { ModelRegistry } from './registry/model-registry.js';
import { WebhookVerifier } from './registry/webhook-signature.js';
import { ServableManager, type ServableListener } from './servables/servable-manager.js';

/** A running tier. */
export interface ServingTier {
  readonly port: number;
  readonly managementPort: number;
  /** Stops being ready, finishes what is in flight, releases the models. */
  stop(): Promise<void>;
}

/**
 * Builds the tier and starts it: ports first, so that probes and `/status` answer from the beginning; then the
 * model. A tier without a model is alive and not ready.
 *
 * @param registry stands in for MLflow in tests
 */
export async function startServingTier(
  config: Config,
  log: Logger,
  registry: ModelRegistry = new MlflowRegistry(config.registry),
): Promise<ServingTier> {
  const { modelName, modelAlias: alias } = config;
  const metricsRegistry = createMetricsRegistry();
  const servableMetrics = new ServableMetrics(metricsRegistry, alias);
  const requestMetrics = new RequestMetrics(metricsRegistry);
  let stopping = false;

  const store = new ArtifactStore(registry, {
    directory: config.artifactCacheDir,
    keep: config.artifactCacheKeep,
    maxPackageBytes: config.maxPackageBytes,
  });
  await store.open();

  const manager: ServableManager = new ServableManager(
    store,
    { intraOpThreads: config.intraOpThreads, unknownFeatures: config.unknownFeatures },
    servableListener(
      log,
      servableMetrics,
      store,
      () => new Set(manager.servables.map(({ id }) => id.digest)),
    ),
  );
  const watcher = new AliasWatcher(
    registry,
    manager,
    (name) => store.readLastKnownGood(name),
    { modelName, alias, pollIntervalSeconds: config.pollIntervalSeconds },
    aliasListener(log, modelName, servableMetrics),
  );
  const champion = () => manager.champion?.id;
  const health = { isReady: () => !stopping && manager.champion !== undefined };
  const context = { champion, metrics: requestMetrics, log };

  const lane = new PredictLane(
    new PredictionService(
      manager,
      new MicroBatcher(config.maxBatchRows),
      new PredictionMetrics(metricsRegistry),
      {
        alias,
        maxRows: config.maxRowsPerRequest,
      },
    ),
    champion,
    requestMetrics,
    log,
    { maxBodyBytes: config.maxBodyBytes },
  );
  const everythingElse = publicApp(context, health);
  const publicServer = await listen(
    (request, response) => {
      if (isPredict(request)) void lane.handle(request, response);
      else everythingElse(request, response);
    },
    config.host,
    config.port,
  );

  let managementServer: RunningServer;
  try {
    managementServer = await listen(
      managementApp(context, {
        health,
        metricsRegistry,
        status: () => statusReport({ name: modelName, alias }, health.isReady(), manager, watcher),
        hurry: () => void watcher.hurry(),
        forgetFailures: () => {
          manager.forgetFailures();
        },
        webhooks: config.webhookSecret === undefined ? undefined : new WebhookVerifier(config.webhookSecret),
        adminToken: config.adminToken,
      }),
      config.managementHost,
      config.managementPort,
    );
  } catch (error) {
    await publicServer.close(0);
    throw error;
  }
  log.info({ port: publicServer.port, management_port: managementServer.port }, 'listening');

  const started = watcher.start();

  return {
    port: publicServer.port,
    managementPort: managementServer.port,
    async stop() {
      stopping = true;
      publicServer.startDraining();
      await new Promise((resolve) => setTimeout(resolve, config.shutdownDelayMs));
      await publicServer.close(config.shutdownTimeoutMs);
      await started;
      await watcher.stop();
      await manager.close();
      await managementServer.close(0);
    },
  };
}

function servableListener(
  log: Logger,
  metrics: ServableMetrics,
  store: ArtifactStore,
  digestsInUse: () => ReadonlySet<string>,
): ServableListener {
  return {
    loaded(id, manifest, seconds) {
      metrics.loaded(id, seconds);
      const { lineage } = manifest;
      log.info(
        {
          model: id.modelName,
          version: id.version,
          digest: id.digest,
          seconds,
          dag_run_id: lineage.dag_run_id,
          synthetic: lineage.data.synthetic,
        },
        'model version is available',
      );
      void store
        .writeLastKnownGood(id)
        .then(() => store.prune(digestsInUse()))
        .catch((error: unknown) => {
          log.error(
            { cause: messageOf(error) },
            'the cache could not be written; a start without the registry may fail',
          );
        });
    },
    loadFailed(id, error, retryAt) {
      metrics.loadFailed(id.modelName, error.code);
      log.error(
        { model: id.modelName, version: id.version, digest: id.digest, code: error.code, retry_at: retryAt },
        error.message,
      );
    },
    retired(id) {
      metrics.retired(id);
      log.info({ model: id.modelName, version: id.version, digest: id.digest }, 'model version is unloaded');
    },
  };
}

/** Logs changes, not every look: a registry that is down for an hour is one line, not a thousand. */
function aliasListener(log: Logger, modelName: string, metrics: ServableMetrics): AliasListener {
  let last = '';
  return {
    resolved(version) {
      metrics.registryReachable(true);
      if (last !== version) log.info({ model: modelName, version }, 'the alias points at this version');
      last = version;
    },
    unresolved(error) {
      metrics.registryReachable(error.code === 'ALIAS_NOT_SET');
      metrics.loadFailed(modelName, error.code);
      if (last !== error.code) log.warn({ model: modelName, code: error.code }, error.message);
      last = error.code;
    },
    fellBack(id) {
      log.warn(
        { model: modelName, version: id.version, digest: id.digest },
        'serving the last known good version',
      );
    },
  };
}
