import type { AliasWatcher, ServingFrom } from '../registry/alias-watcher.js';
import type { LoadErrorCode } from '../errors.js';
import type { ServedModel } from '../servables/model-directory.js';
import type { LoadFailure } from '../servables/servable-manager.js';
import type { ServableState } from '../servables/states.js';

interface ServableStatus {
  readonly version: string;
  readonly digest: string;
  readonly state: ServableState;
  readonly since: Date;
  readonly in_flight: number;
}

interface FailureStatus {
  readonly version: string;
  readonly digest: string;
  readonly code: LoadErrorCode;
  readonly message: string;
  readonly at: Date;
  readonly retry_at: Date;
  readonly failures: number;
}

/** One model under one alias. */
export interface ModelStatus {
  readonly model_name: string;
  readonly alias: string;
  readonly serving_from: ServingFrom;
  readonly available: { readonly version: string; readonly digest: string; readonly since: Date } | null;
  readonly servables: readonly ServableStatus[];
  readonly registry: {
    readonly reachable: boolean;
    readonly checked_at: Date | null;
    readonly aliased_version: string | null;
    readonly error: string | null;
  };
  readonly last_failure: FailureStatus | null;
}

/** The body of `GET /status`: the first model's status, which most tiers have only, and all of them in a list. */
export interface StatusReport extends ModelStatus {
  readonly ready: boolean;
  readonly models: readonly ModelStatus[];
}

type WatchedModel = ServedModel & { readonly watcher: AliasWatcher };

export function statusReport(
  ready: boolean,
  models: readonly [WatchedModel, ...WatchedModel[]],
): StatusReport {
  const [first, ...others] = models;
  const firstStatus = modelStatus(first);
  return { ...firstStatus, ready, models: [firstStatus, ...others.map(modelStatus)] };
}

function modelStatus({ name, alias, manager, watcher }: WatchedModel): ModelStatus {
  const { champion, lastFailure } = manager;
  const { view } = watcher;
  return {
    model_name: name,
    alias,
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
    last_failure: lastFailure === undefined ? null : failureStatus(lastFailure),
  };
}

function failureStatus({ retryAt, ...failure }: LoadFailure): FailureStatus {
  return { ...failure, retry_at: retryAt };
}
