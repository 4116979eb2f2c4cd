import { closedLoop, type LoopResult } from '../peers/closed-loop.js';
import { grpcLoop } from '../peers/grpc-loop.js';
import { httpRequest } from '../peers/ways.js';
import { median, quantile } from '../report/statistics.js';
import type { CreditRows } from '../load/credit-rows.js';
import type { TierProcess } from '../tier/tier-process.js';
import type { Load } from './questions.js';

/** What one stretch of load has cost. */
export interface Sample {
  readonly requestsPerSecond: number;
  /** Of the tier and all its processes, in microseconds. */
  readonly cpuUsPerRequest: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
}

/** Requests that are put together once: different rows for as long as they fit into a few megabytes. */
const PREPARED_ROWS = 4_000;

/** Keeps a tier busy with one kind of request. */
export function asker(
  tier: TierProcess,
  load: Load,
  credit: CreditRows,
): (seconds: number) => Promise<Sample> {
  const ask = loopOf(tier, load, credit);
  return async (seconds) => {
    const before = await tier.usage;
    const result = await ask(seconds * 1_000);
    const after = await tier.usage;
    return {
      requestsPerSecond: result.requests / result.seconds,
      cpuUsPerRequest: (after.cpuUs - before.cpuUs) / result.requests,
      p99Ms: quantile(result.latenciesMs, 0.99),
      rssBytes: after.rssBytes,
    };
  };
}

function loopOf(
  { port, grpcPort }: TierProcess,
  { protocol, rows, clients }: Load,
  credit: CreditRows,
): (durationMs: number) => Promise<LoopResult> {
  const batches = credit.batches(Math.max(2, Math.floor(PREPARED_ROWS / rows)), rows);
  if (protocol === 'grpc') {
    const messages = batches.map((batch) => credit.ways.grpcMessage(batch));
    return (durationMs) => grpcLoop({ port: grpcPort, calls: clients, durationMs, messages });
  }
  const way = {
    names: () => credit.ways.instances(),
    'v2-json': () => credit.ways.openInference(),
    'v2-binary': () => credit.ways.openInferenceBinary(rows),
  }[protocol]();
  const requests = batches.map((batch) => httpRequest(way, batch));
  return (durationMs) => closedLoop({ port, connections: clients, durationMs, requests });
}

/** The middle of several rounds, figure by figure. */
export function middleOf(samples: readonly Sample[]): Sample {
  const of = (figure: keyof Sample) => median(samples.map((sample) => sample[figure]));
  return {
    requestsPerSecond: of('requestsPerSecond'),
    cpuUsPerRequest: of('cpuUsPerRequest'),
    p99Ms: of('p99Ms'),
    rssBytes: of('rssBytes'),
  };
}
