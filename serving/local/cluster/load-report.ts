import { quantile } from '../../bench/report/statistics.js';

/** What is to be sent, and how. */
export interface LoadPlan {
  /** Where each request is posted, such as `http://172.31.255.2:30080/predict`. */
  readonly url: string;
  /** `host` may be among them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in turn, over and over. */
  readonly bodies: readonly string[];
  /** Each is kept, and replaced when it is closed. */
  readonly connections: number;
  readonly ratePerSecond: number;
  /** A request that has no answer so long after it was due has failed. */
  readonly timeoutMs: number;
}

/** What became of one request. */
export interface RequestRecord {
  /** When it was due, in milliseconds since 1970. */
  readonly at: number;
  /**
   * From when it was *due* to the end of its answer, or to when it was given up: a server that stalls can't hide by
   * keeping requests from being sent.
   */
  readonly ms: number;
  /** undefined: no answer. */
  readonly status?: number;
  /** What went wrong, in words. undefined: answered with 2xx, to the last byte. */
  readonly failure?: string;
  /** As far as the answer's headers tell. */
  readonly version?: string;
  readonly digest?: string;
  readonly track?: string;
}

export interface LoadReport {
  readonly requests: number;
  readonly failed: number;
  readonly failures: readonly { readonly at: number; readonly what: string }[];
  /** From the first to the last that was due. */
  readonly seconds: number;
  /** Of answered requests, in milliseconds; NaN where there is none. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Status, or `none`, to how many. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Of answered requests, whatever told so; those that did not tell are not counted. */
  readonly byVersion: Readonly<Record<string, number>>;
  readonly byDigest: Readonly<Record<string, number>>;
  readonly byTrack: Readonly<Record<string, number>>;
}

/** Adds up requests that were due at some time or later, and before another. */
export function reportOf(
  records: readonly RequestRecord[],
  { fromAt = -Infinity, toAt = Infinity }: { readonly fromAt?: number; readonly toAt?: number } = {},
): LoadReport {
  const within = records.filter(({ at }) => at >= fromAt && at < toAt).sort((a, b) => a.at - b.at);
  const answered = within.filter(({ failure }) => failure === undefined);
  const latencies = answered.map(({ ms }) => ms);
  const [first, last] = [within[0], within.at(-1)];
  return {
    requests: within.length,
    failed: within.length - answered.length,
    failures: within.flatMap(({ at, failure: what }) => (what === undefined ? [] : [{ at, what }])),
    seconds: first === undefined || last === undefined ? 0 : (last.at - first.at) / 1_000,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: quantile(latencies, 1),
    byStatus: counted(within, ({ status }) => String(status ?? 'none')),
    byVersion: counted(answered, ({ version }) => version),
    byDigest: counted(answered, ({ digest }) => digest),
    byTrack: counted(answered, ({ track }) => track),
  };
}

function counted(
  records: readonly RequestRecord[],
  key: (record: RequestRecord) => string | undefined,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const record of records) {
    const name = key(record);
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
