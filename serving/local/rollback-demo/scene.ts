import { quantile } from '../../bench/report/statistics.js';
import type { RequestRecord } from '../cluster/load-report.js';
import type { Mark } from '../play-plot.js';
import type { BadKind } from './bad-model.js';

/** A part of the play: one version meets live traffic. */
export interface Scene {
  readonly title: string;
  /** Champion when it began. */
  readonly before: string;
  readonly version: string;
  /** Milliseconds since 1970, as of requests. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** In seconds since it began. */
  readonly marks: readonly Mark[];
  /** Of all clients, in this time. */
  readonly requests: readonly RequestRecord[];
}

/** What became of the requests of some clients. */
export interface ClientFigures {
  readonly clients: string;
  readonly requests: number;
  /** What went wrong, in words. */
  readonly failures: readonly string[];
  /** How many each version answered. */
  readonly byVersion: Readonly<Record<string, number>>;
  /** NaN where nothing was answered. */
  readonly p99Ms: number;
}

/** A version that was promoted, watched, and taken back. Moments in milliseconds since 1970; undefined: never. */
export interface TakenBack extends Scene {
  readonly kind: BadKind;
  /** Of its package. */
  readonly digest: string;
  readonly clients: readonly ClientFigures[];
  /** When the clients came for whom it is bad. */
  readonly newClientsAt: number;
  /** When the history had the line that the champion goes back. */
  readonly decidedAt: number | undefined;
  /** From when on no worker had it as champion. */
  readonly fleetAt: number | undefined;
  /** When the first message that says so arrived. */
  readonly messageAt: number | undefined;
  readonly message: string | undefined;
  /** Of its digest. */
  readonly quarantine: { readonly cause: string; readonly reason: string } | undefined;
  /** How the command that watched it ended. */
  readonly watchCode: number | null;
  /** How another promotion of it ended. */
  readonly promotionCode: number | null;
  readonly championAfter: string | undefined;
}

/** A version that was taken the whole way, by a controller that was killed in the middle. */
export interface WholeWay extends Scene {
  readonly clients: readonly ClientFigures[];
  /** In their order. */
  readonly canaryPercents: readonly number[];
  readonly wasShadow: boolean;
  readonly killedAtPercent: number | undefined;
  readonly watchCode: number | null;
  readonly championAfter: string | undefined;
  readonly policyAfter: string | undefined;
}

export function figuresOf(clients: string, records: readonly RequestRecord[]): ClientFigures {
  const byVersion: Record<string, number> = {};
  for (const { failure, version } of records) {
    if (failure === undefined && version !== undefined) byVersion[version] = (byVersion[version] ?? 0) + 1;
  }
  const answered = records.filter(({ failure }) => failure === undefined);
  return {
    clients,
    requests: records.length,
    failures: records.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
    byVersion,
    p99Ms: quantile(
      answered.map(({ ms }) => ms),
      0.99,
    ),
  };
}

/** What the champion was at a moment, in every worker; undefined: they differ, or did not say. */
export interface FleetLook {
  readonly at: number;
  readonly version: string | undefined;
}

/** From when on every look saw this version everywhere; undefined where the last one does not. */
export function servedFrom(looks: readonly FleetLook[], version: string, since: number): number | undefined {
  const later = looks.filter(({ at }) => at >= since);
  const lastOther = later.findLastIndex((look) => look.version !== version);
  return later[lastOther + 1]?.at;
}
