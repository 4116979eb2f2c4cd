import { quantile } from '../report/statistics.js';
import { closedLoop, type LoopResult } from './closed-loop.js';
import type { RunningServer } from './contenders.js';
import { grpcCall, grpcLoop } from './grpc-loop.js';
import type { Series } from './series.js';
import { grpcScores, httpRequest, type Row, type Ways } from './ways.js';

/** Scores of two builds of the runtime may differ by so much; those of two models differ by more. */
const TOLERANCE = 1e-5;

/** Rows of the table and what the model answers to them. */
export interface ScoredRows {
  readonly rows: readonly Row[];
  readonly scores: readonly number[];
}

/** What one stretch of load has cost. */
export interface Measurement {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Of the server and all its processes. */
  readonly cpuUsPerRequest: number;
  /** CPU seconds of the server a second: how busy the clients kept it. */
  readonly busy: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
}

/** A series with its requests put together, on a server that runs. */
export class Subject {
  readonly #server: RunningServer;
  readonly #ask: (durationMs: number, clients: number) => Promise<LoopResult>;
  /** Of the first request. */
  readonly requestBytes: number;

  /** @param size rows a request */
  constructor(
    readonly series: Series,
    server: RunningServer,
    ways: Ways,
    batches: readonly (readonly Row[])[],
  ) {
    this.#server = server;
    const { way } = series;
    if (way === undefined) {
      const messages = batches.map((rows) => ways.grpcMessage(rows));
      this.requestBytes = messages[0]!.length;
      this.#ask = (durationMs, calls) => grpcLoop({ port: server.grpcPort, calls, durationMs, messages });
    } else {
      const http = way(ways, batches[0]!.length);
      const requests = batches.map((rows) => httpRequest(http, rows));
      this.requestBytes = requests[0]!.length;
      this.#ask = (durationMs, connections) =>
        closedLoop({ port: server.port, connections, durationMs, requests });
    }
  }

  warmUp(durationMs: number, clients: number): Promise<LoopResult> {
    return this.#ask(durationMs, clients);
  }

  async measure(durationMs: number, clients: number): Promise<Measurement> {
    const before = await this.#server.usage();
    const { requests, seconds, latenciesMs } = await this.#ask(durationMs, clients);
    const after = await this.#server.usage();
    const cpuUs = after.cpuUs - before.cpuUs;
    return {
      requests,
      requestsPerSecond: requests / seconds,
      cpuUsPerRequest: cpuUs / requests,
      busy: cpuUs / 1e6 / seconds,
      medianMs: quantile(latenciesMs, 0.5),
      p99Ms: quantile(latenciesMs, 0.99),
      rssBytes: after.rssBytes,
    };
  }
}

async function scoresOf(
  { way }: Series,
  { port, grpcPort }: RunningServer,
  ways: Ways,
  rows: readonly Row[],
): Promise<readonly number[]> {
  if (way === undefined) return grpcScores(await grpcCall(grpcPort, ways.grpcMessage(rows)));
  const { path, headers, body, scores } = way(ways, rows.length);
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body(rows)),
  });
  const content = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(`answered ${answer.status}: ${content.toString('utf8').slice(0, 300)}`);
  return scores(content, answer.headers);
}

/**
 * A server that answers something else is not worth measuring.
 *
 * @throws when a score differs from what the graph says
 */
export async function verify(
  series: Series,
  server: RunningServer,
  ways: Ways,
  { rows, scores }: ScoredRows,
): Promise<void> {
  const answered = await scoresOf(series, server, ways, rows);
  const wrong = scores.findIndex((score, i) => !(Math.abs(score - (answered[i] ?? Number.NaN)) <= TOLERANCE));
  if (wrong === -1 && answered.length === scores.length) return;
  const what = wrong === -1 ? `${answered.length} answers to ${scores.length} rows` : `row ${wrong + 1}`;
  throw new Error(`${series.title} answers otherwise than the graph: ${what}`);
}
