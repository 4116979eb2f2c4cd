import type { Logger } from 'pino';
import type { ModelConfig } from './config.js';
import { messageOf } from './errors.js';
import type { ServableMetrics } from './metrics/servables.js';
import { AliasWatcher, type AliasListener } from './registry/alias-watcher.js';
import type { ArtifactStore } from './registry/artifact-store.js';
import type { ModelRegistry } from './registry/model-registry.js';
import type { ServableOptions } from './servables/servable.js';
import { ServableManager, type ServableListener } from './servables/servable-manager.js';
import type { ServedModel } from './servables/model-directory.js';

/** What the models of a tier share. */
export interface FollowingContext {
  readonly registry: ModelRegistry;
  readonly store: ArtifactStore;
  readonly metrics: ServableMetrics;
  readonly log: Logger;
  readonly servableOptions: ServableOptions;
  readonly pollIntervalSeconds: number;
  /** Removes what no model uses any more from the cache. */
  readonly pruneCache: () => Promise<void>;
}

/** A model that the tier serves, and the watcher that has it follow its alias. */
export interface FollowedModel extends ServedModel {
  readonly watcher: AliasWatcher;
}

export function followModel({ name, alias }: ModelConfig, context: FollowingContext): FollowedModel {
  const { registry, store, servableOptions, pollIntervalSeconds } = context;
  const manager = new ServableManager(store, servableOptions, servableListener(alias, context));
  const watcher = new AliasWatcher(
    registry,
    manager,
    (modelName) => store.readLastKnownGood(modelName, alias),
    { modelName: name, alias, pollIntervalSeconds },
    aliasListener({ name, alias }, context),
  );
  return { name, alias, manager, watcher };
}

function servableListener(
  alias: string,
  { log, metrics, store, pruneCache }: FollowingContext,
): ServableListener {
  return {
    loaded(id, manifest, seconds) {
      metrics.loaded(id, alias, seconds);
      const { lineage } = manifest;
      log.info(
        {
          model: id.modelName,
          alias,
          version: id.version,
          digest: id.digest,
          seconds,
          dag_run_id: lineage.dag_run_id,
          synthetic: lineage.data.synthetic,
        },
        'model version is available',
      );
      void store
        .writeLastKnownGood(id, alias)
        .then(pruneCache)
        .catch((error: unknown) => {
          log.error(
            { cause: messageOf(error) },
            'the cache could not be written; a start without the registry may fail',
          );
        });
    },
    loadFailed(id, error, retryAt) {
      metrics.loadFailed(id.modelName, alias, error.code);
      log.error(
        {
          model: id.modelName,
          alias,
          version: id.version,
          digest: id.digest,
          code: error.code,
          retry_at: retryAt,
        },
        error.message,
      );
    },
    retired(id) {
      metrics.retired(id, alias);
      log.info(
        { model: id.modelName, alias, version: id.version, digest: id.digest },
        'model version is unloaded',
      );
    },
    releaseFailed(id, message) {
      log.error(
        { model: id.modelName, version: id.version, cause: message },
        'a retired session was not freed',
      );
    },
  };
}

/** Logs changes, not every look: a registry that is down for an hour is one line, not a thousand. */
function aliasListener(
  { name: model, alias }: ModelConfig,
  { log, metrics }: FollowingContext,
): AliasListener {
  let last = '';
  return {
    resolved(version) {
      metrics.registryReachable(model, alias, true);
      if (last !== version) log.info({ model, alias, version }, 'the alias points at this version');
      last = version;
    },
    unresolved(error) {
      metrics.registryReachable(model, alias, error.code === 'ALIAS_NOT_SET');
      metrics.loadFailed(model, alias, error.code);
      if (last !== error.code) log.warn({ model, alias, code: error.code }, error.message);
      last = error.code;
    },
    fellBack(id) {
      log.warn(
        { model, alias, version: id.version, digest: id.digest },
        'serving the last known good version',
      );
    },
  };
}
