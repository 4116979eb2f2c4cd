import type { AliasWatcher, ServingFrom } from '../registry/alias-watcher.js';
import type { ServableManager } from '../servables/servable-manager.js';
import type { ServableState } from '../servables/states.js';

/** The body of `GET /status`. */
export interface StatusReport {
  readonly model_name: string;
  readonly alias: string;
  readonly ready: boolean;
  readonly serving_from: ServingFrom;
  readonly available: { readonly version: string; readonly digest: string; readonly since: Date } | null;
  readonly servables: readonly {
    readonly version: string;
    readonly digest: string;
    readonly state: ServableState;
    readonly since: Date;
    readonly in_flight: number;
  }[];
  readonly registry: {
    readonly reachable: boolean;
    readonly checked_at: Date | null;
    readonly aliased_version: string | null;
    readonly error: string | null;
  };
  readonly last_failure: {
    readonly version: string;
    readonly digest: string;
    readonly code: string;
    readonly message: string;
    readonly at: Date;
    readonly retry_at: Date;
    readonly failures: number;
  } | null;
}

export function statusReport(
  model: { readonly name: string; readonly alias: string },
  ready: boolean,
  manager: ServableManager,
  watcher: AliasWatcher,
): StatusReport {
  const { champion, lastFailure } = manager;
  const { view } = watcher;
  return {
    model_name: model.name,
    alias: model.alias,
    ready,
    serving_from: watcher.servingFrom,
    available:
      champion === undefined
        ? null
        : { version: champion.id.version, digest: champion.id.digest, since: champion.since },
    servables: manager.servables.map(({ id, state, since, inFlight }) => ({
      version: id.version,
      digest: id.digest,
      state,
      since,
      in_flight: inFlight,
    })),
    registry: {
      reachable: view.reachable,
      checked_at: view.checkedAt ?? null,
      aliased_version: view.aliasedVersion ?? null,
      error: view.error ?? null,
    },
    last_failure:
      lastFailure === undefined
        ? null
        : {
            version: lastFailure.version,
            digest: lastFailure.digest,
            code: lastFailure.code,
            message: lastFailure.message,
            at: lastFailure.at,
            retry_at: lastFailure.retryAt,
            failures: lastFailure.failures,
          },
  };
}
