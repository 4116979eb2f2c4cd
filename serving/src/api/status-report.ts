import type { Manifest } from '../model-package/manifest.js';
import type { ModelEvent, ModelHistory } from '../model-history.js';
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

/** Where the version that answers comes from. */
interface TrainedStatus {
  readonly created_at: string;
  readonly synthetic: boolean;
  readonly rows: number;
  readonly window: { readonly start: string | null; readonly end: string | null };
  readonly git_commit: string | null;
  readonly dag_id: string | null;
  readonly dag_run_id: string | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A version that a policy names beside the champion. */
interface RoleStatus {
  readonly version: string;
  /** Whether it can answer here now. */
  readonly available: boolean;
}

/** What the traffic policy in force says, and what of it holds. */
export interface TrafficStatus {
  readonly canary: (RoleStatus & { readonly percent: number }) | null;
  readonly shadow: (RoleStatus & { readonly percent: number }) | null;
  readonly standby: RoleStatus | null;
  /** Why not all of it holds. */
  readonly problem: string | null;
  /** Versions that may not answer, the newest first. */
  readonly quarantined: readonly {
    readonly version: string;
    readonly digest: string;
    readonly at: string;
    readonly by: string;
    readonly reason: string;
    readonly cause: string;
  }[];
}

/** Of an alias for which there is no policy. */
export const NO_TRAFFIC: TrafficStatus = {
  canary: null,
  shadow: null,
  standby: null,
  problem: null,
  quarantined: [],
};

/** One model under one alias. */
export interface ModelStatus {
  readonly model_name: string;
  readonly alias: string;
  readonly serving_from: ServingFrom;
  readonly available: { readonly version: string; readonly digest: string; readonly since: Date } | null;
  readonly trained: TrainedStatus | null;
  readonly servables: readonly ServableStatus[];
  readonly registry: {
    readonly reachable: boolean;
    readonly checked_at: Date | null;
    readonly aliased_version: string | null;
    readonly error: string | null;
  };
  readonly last_failure: FailureStatus | null;
  readonly traffic: TrafficStatus;
  /** What happened lately, newest first. */
  readonly history: readonly ModelEvent[];
}

/** What one worker says of itself. */
export interface WorkerReport {
  /** Whether it takes requests: a replacement does from its first available version on. */
  readonly serving: boolean;
  /** A version of every model is available, and the process is not stopping. */
  readonly ready: boolean;
  readonly models: readonly [ModelStatus, ...ModelStatus[]];
}

/** One worker in `GET /status`. */
export interface WorkerStatus {
  readonly id: number;
  readonly pid: number;
  readonly serving: boolean;
  readonly ready: boolean;
  readonly available: ModelStatus['available'];
  readonly models: readonly Pick<ModelStatus, 'model_name' | 'alias' | 'available' | 'last_failure'>[];
}

/** The body of `GET /status`: the first model's status, which most tiers have only, and all of them in a list. */
export interface StatusReport extends ModelStatus {
  readonly ready: boolean;
  readonly models: readonly ModelStatus[];
  readonly workers: readonly WorkerStatus[];
  /** How many workers there are to be. More while some end, fewer while some start. */
  readonly workers_wanted: number;
}

type WatchedModel = ServedModel & {
  readonly watcher: AliasWatcher;
  readonly history: ModelHistory;
  readonly roles: { readonly status: TrafficStatus } | undefined;
};

export function workerReport(
  { serving, ready }: Omit<WorkerReport, 'models'>,
  [first, ...others]: readonly [WatchedModel, ...WatchedModel[]],
): WorkerReport {
  return { serving, ready, models: [modelStatus(first), ...others.map(modelStatus)] };
}

function modelStatus({ name, alias, manager, watcher, history, roles }: WatchedModel): ModelStatus {
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
    trained: champion?.manifest === undefined ? null : trainedStatus(champion.manifest),
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
    traffic: roles?.status ?? NO_TRAFFIC,
    history: history.events,
  };
}

function trainedStatus({ lineage, metrics }: Manifest): TrainedStatus {
  const { created_at, data, git_commit, dag_id, dag_run_id } = lineage;
  const { synthetic, rows, window } = data;
  return { created_at, synthetic, rows, window, git_commit, dag_id, dag_run_id, metrics };
}

function failureStatus({ retryAt, ...failure }: LoadFailure): FailureStatus {
  return { ...failure, retry_at: retryAt };
}
