import type { WorkerAnswer } from '../api/replica.js';
import {
  NO_TRAFFIC,
  type ModelStatus,
  type StatusReport,
  type TrafficStatus,
  type WorkerReport,
  type WorkerStatus,
} from '../api/status-report.js';
import type { ModelConfig } from '../config.js';

const ROLES = ['canary', 'shadow', 'standby'] as const;

type Servables = ModelStatus['servables'];

/**
 * What the workers say, as one replica would say it. A replica serves a version when all of its workers do: as
 * long as they differ, the one that is behind speaks for all, so that whoever waits for a promotion goes on
 * waiting. Workers that take no requests yet have no say, unless there are no others.
 *
 * @param models what is to be served, in the order in which it is configured
 * @param wanted how many workers there are to be
 */
export function combinedStatus(
  ready: boolean,
  models: readonly [ModelConfig, ...ModelConfig[]],
  answers: readonly WorkerAnswer<'status'>[],
  wanted: number,
): StatusReport {
  const reports = answers.flatMap(({ answer }) => answer ?? []);
  const serving = reports.filter((report) => report.serving);
  const speakers = serving.length > 0 ? serving : reports;
  const combined = (model: ModelConfig) => combinedModel(model, statusesOf(model, speakers));
  const [first, ...others] = models;
  const firstStatus = combined(first);
  return {
    ...firstStatus,
    ready,
    models: [firstStatus, ...others.map(combined)],
    workers: answers.map(workerStatus),
    workers_wanted: wanted,
  };
}

function statusesOf({ name, alias }: ModelConfig, reports: readonly WorkerReport[]): ModelStatus[] {
  return reports.flatMap(({ models }) =>
    models.filter((status) => status.model_name === name && status.alias === alias),
  );
}

function combinedModel({ name, alias }: ModelConfig, statuses: readonly ModelStatus[]): ModelStatus {
  const slowest = furthestBehind(statuses);
  return {
    model_name: name,
    alias,
    serving_from:
      statuses.find(({ serving_from: from }) => from === 'last_known_good')?.serving_from ??
      slowest?.serving_from ??
      'nothing',
    available: slowest?.available ?? null,
    trained: slowest?.trained ?? null,
    servables: combinedServables(statuses.map(({ servables }) => servables)),
    registry: statuses.find(({ registry }) => !registry.reachable)?.registry ??
      slowest?.registry ?? { reachable: false, checked_at: null, aliased_version: null, error: null },
    last_failure: latestFailure(statuses),
    traffic: combinedTraffic(statuses.map(({ traffic }) => traffic)),
    history: combinedHistory(statuses.map(({ history }) => history)),
  };
}

/**
 * Behind is who serves another version than the alias points at, as the latest look at it found; the age of the
 * version does not tell, since a rollback may go back to one that is still in memory. Among those, and where
 * nobody is behind, it is the one without a version, or else with the one that is available for longest.
 */
function furthestBehind(statuses: readonly ModelStatus[]): ModelStatus | undefined {
  const [latestLook] = statuses
    .map(({ registry }) => registry)
    .sort((one, other) => (other.checked_at?.getTime() ?? 0) - (one.checked_at?.getTime() ?? 0));
  const behind = statuses.filter(({ available }) => available?.version !== latestLook?.aliased_version);
  const [first] = (behind.length > 0 ? behind : statuses).toSorted(
    (one, other) => (one.available?.since.getTime() ?? 0) - (other.available?.since.getTime() ?? 0),
  );
  return first;
}

/** One entry for each version and state; a version may load in one worker and be available in another. */
function combinedServables(lists: readonly Servables[]): Servables {
  const combined = new Map<string, Servables[number]>();
  for (const servable of lists.flat()) {
    const key = `${servable.version}/${servable.digest}/${servable.state}`;
    const known = combined.get(key);
    combined.set(
      key,
      known === undefined
        ? servable
        : {
            ...servable,
            since: new Date(Math.min(known.since.getTime(), servable.since.getTime())),
            in_flight: known.in_flight + servable.in_flight,
          },
    );
  }
  return [...combined.values()];
}

/**
 * What several workers did is one event, at the time when the last of them had done it. Counted from the latest on,
 * since a worker that was started anew knows less of the past than the others.
 */
function combinedHistory(histories: readonly ModelStatus['history'][]): ModelStatus['history'] {
  const combined = new Map<string, ModelStatus['history'][number]>();
  for (const history of histories) {
    const seen = new Map<string, number>();
    for (const event of history) {
      const what = `${event.kind}/${event.version}/${event.digest}/${event.code ?? ''}`;
      const nth = (seen.get(what) ?? 0) + 1;
      seen.set(what, nth);
      const key = `${what}/${nth}`;
      const known = combined.get(key);
      if (known === undefined || event.at > known.at) combined.set(key, event);
    }
  }
  return [...combined.values()].sort((one, other) => other.at.getTime() - one.at.getTime());
}

/**
 * A policy is in force when it is in every worker, and a version is available when every worker has it. As long as
 * they differ, nothing is said to be available, so that whoever waits for a change goes on waiting.
 */
function combinedTraffic([first = NO_TRAFFIC, ...others]: readonly TrafficStatus[]): TrafficStatus {
  const problems = [...new Set([first, ...others].flatMap(({ problem }) => problem ?? []))];
  const agree = others.every((other) =>
    ROLES.every(
      (role) =>
        other[role]?.version === first[role]?.version && shareOf(other[role]) === shareOf(first[role]),
    ),
  );
  const combined = <T extends { readonly available: boolean }>(statuses: readonly (T | null)[]): T | null => {
    const [one = null] = statuses;
    return one && { ...one, available: agree && statuses.every((status) => status?.available) };
  };
  const all = [first, ...others];
  return {
    ...first,
    canary: combined(all.map(({ canary }) => canary)),
    shadow: combined(all.map(({ shadow }) => shadow)),
    standby: combined(all.map(({ standby }) => standby)),
    problem:
      [...(agree ? [] : ['The workers do not have the same policy yet']), ...problems].join('; ') || null,
  };
}

function shareOf(status: TrafficStatus['canary'] | TrafficStatus['standby']): number | undefined {
  return status !== null && 'percent' in status ? status.percent : undefined;
}

function latestFailure(statuses: readonly ModelStatus[]): ModelStatus['last_failure'] {
  return statuses
    .flatMap(({ last_failure: failure }) => failure ?? [])
    .reduce<ModelStatus['last_failure']>(
      (latest, failure) => (latest === null || failure.at > latest.at ? failure : latest),
      null,
    );
}

function workerStatus({ worker, answer }: WorkerAnswer<'status'>): WorkerStatus {
  return {
    ...worker,
    serving: answer?.serving ?? false,
    ready: answer?.ready ?? false,
    available: answer?.models[0].available ?? null,
    models: (answer?.models ?? []).map(({ model_name, alias, available, last_failure }) => ({
      model_name,
      alias,
      available,
      last_failure,
    })),
  };
}
