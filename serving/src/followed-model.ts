import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { ModelConfig } from './config.js';
import { messageOf } from './errors.js';
import { LiveTraffic } from './live-traffic.js';
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
import type { Role } from './registry/traffic-tags.js';
import { servableListener } from './servable-listener.js';
import type { ServableId, ServableOptions } from './servables/servable.js';
import { ServableManager, type PackageSource } from './servables/servable-manager.js';
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
  /** Called when a version may be asked for predictions under this alias or in this role. */
  readonly opened: (id: ServableId, alias: string) => void;
  /** Removes what no model uses any more from the cache. */
  readonly pruneCache: () => Promise<void>;
  /** undefined: reloads are not traced. */
  readonly tracing?: Tracing | undefined;
}

/** A model that the tier serves, and the watcher that has it follow its alias. */
export interface FollowedModel extends ServedModel {
  readonly watcher: AliasWatcher;
  readonly history: ModelHistory;
  /** undefined: the policy of its live traffic is another entry's, which answers where no alias is asked for. */
  readonly roles: LiveTraffic | undefined;
}

/** @param hasTraffic whether requests that name no alias are answered here, and the traffic policy is for it */
export function followModel(
  { name, alias }: ModelConfig,
  hasTraffic: boolean,
  context: FollowingContext,
): FollowedModel {
  const { registry, store, servableOptions, pollIntervalSeconds } = context;
  const trace = context.tracing?.reloadsOf(name, alias);
  const history = new ModelHistory();
  const packages = context.publicKeys === undefined ? store : new SignedPackages(store, context.publicKeys);
  const manager = new ServableManager(
    trace === undefined ? packages : tracedSource(packages, trace),
    servableOptions,
    servableListener({
      alias,
      ...context,
      trace,
      history,
      changed() {
        roles?.championChanged();
        context.changed();
      },
      loaded(id) {
        context.opened(id, alias);
        keepForStart(id, alias, context);
      },
    }),
  );
  const roles = hasTraffic ? liveTraffic({ name, alias }, manager, packages, context) : undefined;
  const watcher = new AliasWatcher(
    trace === undefined ? registry : tracedAliases(registry, trace),
    trace === undefined ? manager : tracedFollower(manager, trace),
    (modelName) => store.readLastKnownGood(modelName, alias),
    { modelName: name, alias, pollIntervalSeconds },
    aliasListener({ name, alias }, context, history),
  );
  return { name, alias, manager, watcher, history, roles };
}

/** The managers of what there may be beside the champion: of its own each, so that none can disturb another. */
function liveTraffic(
  { name, alias }: ModelConfig,
  champion: ServableManager,
  packages: PackageSource,
  context: FollowingContext,
): LiveTraffic {
  const { registry, servableOptions, pollIntervalSeconds, log } = context;
  const manager = (role: Role): ServableManager =>
    new ServableManager(
      packages,
      servableOptions,
      servableListener({
        alias: role,
        ...context,
        loaded(id) {
          context.opened(id, role);
          void context.pruneCache().catch((error: unknown) => {
            log.error({ cause: messageOf(error) }, 'the cache could not be cleared of what nobody uses');
          });
        },
      }),
    );
  return new LiveTraffic(
    registry,
    champion,
    { canary: manager('canary'), shadow: manager('shadow'), standby: manager('standby') },
    { modelName: name, alias, pollIntervalSeconds },
    log,
  );
}

/** For a start without the registry. */
function keepForStart(id: ServableId, alias: string, { store, pruneCache, log }: FollowingContext): void {
  void store
    .writeLastKnownGood(id, alias)
    .then(pruneCache)
    .catch((error: unknown) => {
      log.error(
        { cause: messageOf(error) },
        'the cache could not be written; a start without the registry may fail',
      );
    });
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
