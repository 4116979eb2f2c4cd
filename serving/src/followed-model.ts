import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { ModelConfig } from './config.js';
import { messageOf } from './errors.js';
import type { ServableMetrics } from './metrics/servables.js';
import { ModelHistory } from './model-history.js';
import type { ReloadTracer, Tracing } from './observability/tracing.js';
import {
  AliasWatcher,
  type AliasListener,
  type AliasReader,
  type VersionFollower,
} from './registry/alias-watcher.js';
import type { ArtifactStore } from './registry/artifact-store.js';
import { SignedPackages } from './registry/signed-packages.js';
import type { ModelRegistry } from './registry/model-registry.js';
import type { ServableOptions } from './servables/servable.js';
import { ServableManager, type PackageSource, type ServableListener } from './servables/servable-manager.js';
import type { ServedModel } from './servables/model-directory.js';

/** What the models of a tier share. */
export interface FollowingContext {
  readonly registry: ModelRegistry;
  readonly store: ArtifactStore;
  /** Keys of which one must have signed a package; undefined: signatures are not asked for. */
  readonly publicKeys: readonly KeyObject[] | undefined;
  readonly metrics: ServableMetrics;
  readonly log: Logger;
  readonly servableOptions: ServableOptions;
  readonly pollIntervalSeconds: number;
  /** Called when another version answers, or one less is in memory. */
  readonly changed: () => void;
  /** Removes what no model uses any more from the cache. */
  readonly pruneCache: () => Promise<void>;
  /** undefined: reloads are not traced. */
  readonly tracing?: Tracing | undefined;
}

/** A model that the tier serves, and the watcher that has it follow its alias. */
export interface FollowedModel extends ServedModel {
  readonly watcher: AliasWatcher;
  readonly history: ModelHistory;
}

export function followModel({ name, alias }: ModelConfig, context: FollowingContext): FollowedModel {
  const { registry, store, servableOptions, pollIntervalSeconds } = context;
  const trace = context.tracing?.reloadsOf(name, alias);
  const history = new ModelHistory();
  const packages = context.publicKeys === undefined ? store : new SignedPackages(store, context.publicKeys);
  const manager = new ServableManager(
    trace === undefined ? packages : tracedSource(packages, trace),
    servableOptions,
    servableListener(alias, context, trace, history),
  );
  const watcher = new AliasWatcher(
    trace === undefined ? registry : tracedAliases(registry, trace),
    trace === undefined ? manager : tracedFollower(manager, trace),
    (modelName) => store.readLastKnownGood(modelName, alias),
    { modelName: name, alias, pollIntervalSeconds },
    aliasListener({ name, alias }, context, history),
  );
  return { name, alias, manager, watcher, history };
}

function tracedSource(source: PackageSource, trace: ReloadTracer): PackageSource {
  return { fetch: (id) => trace.fetching(id.version, id.digest, () => source.fetch(id)) };
}

function tracedAliases(registry: AliasReader, trace: ReloadTracer): AliasReader {
  return {
    getModelVersionByAlias: (name, alias) =>
      trace.resolving(() => registry.getModelVersionByAlias(name, alias)),
  };
}

function tracedFollower(follower: VersionFollower, trace: ReloadTracer): VersionFollower {
  return {
    get champion() {
      return follower.champion;
    },
    aspire: (id) => trace.aspiring(() => follower.aspire(id)),
  };
}

function servableListener(
  alias: string,
  { log, metrics, store, changed, pruneCache }: FollowingContext,
  trace: ReloadTracer | undefined,
  history: ModelHistory,
): ServableListener {
  return {
    loaded(id, manifest, seconds) {
      trace?.loaded();
      metrics.loaded(id, manifest.lineage, alias, seconds);
      history.add({ kind: 'loaded', version: id.version, digest: id.digest, seconds });
      changed();
      const { lineage } = manifest;
      log.info(
        {
          model: id.modelName,
          alias,
          version: id.version,
          digest: id.digest,
          seconds,
          ...trace?.ids,
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
      trace?.failed(error.code);
      metrics.loadFailed(id.modelName, alias, error.code);
      const { code, message } = error;
      history.add({ kind: 'load_failed', version: id.version, digest: id.digest, code, message });
      log.error(
        {
          model: id.modelName,
          alias,
          version: id.version,
          digest: id.digest,
          code: error.code,
          retry_at: retryAt,
          ...trace?.ids,
        },
        error.message,
      );
    },
    retired(id) {
      metrics.retired(id, alias);
      history.add({ kind: 'unloaded', version: id.version, digest: id.digest });
      changed();
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
  history: ModelHistory,
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
      history.add({ kind: 'fell_back', version: id.version, digest: id.digest });
      log.warn(
        { model, alias, version: id.version, digest: id.digest },
        'serving the last known good version',
      );
    },
  };
}
