import type { Verdict } from '../load/verdict.js';
import { median } from '../report/statistics.js';
import type { Comparison, Line } from './comparison.js';

const cpuOf = ({ rounds }: Line): number => median(rounds.map(({ cpuUsPerRequest }) => cpuUsPerRequest));
const medianMsOf = ({ rounds }: Line): number => median(rounds.map(({ medianMs }) => medianMs));

/** CPU a request at one row, this tier's over the peer's, and the largest that is good enough. */
const ONE_ROW_LIMITS = [
  ['hello', 'bare node:http', 1.6],
  ['starlette', 'Starlette, tuned', 1 / 2],
  ['fastapi', 'FastAPI', 1 / 5],
  ['mlserver', 'MLServer', 1 / 15],
  ['mlflow', '`mlflow models serve`', 1 / 35],
] as const;
const GRPC_LIMIT = 1 / 7;

/** What this tier is meant to reach, held against the figures. Targets of servers that did not take part are left out. */
export function targets({ oneRow, oneRowGrpc, batch }: Comparison): Verdict[] {
  const verdicts: Verdict[] = [];
  const hold = (promise: string, ours?: number, theirs?: number, limit = 1): void => {
    if (ours === undefined || theirs === undefined) return;
    verdicts.push({ promise, measured: ours / theirs, limit, unit: 'x' });
  };
  const of = (lines: readonly Line[], server: string) => lines.find((line) => line.server === server);
  const cpu = (lines: readonly Line[], server: string): number | undefined => {
    const line = of(lines, server);
    return line === undefined ? undefined : cpuOf(line);
  };
  for (const [server, title, limit] of ONE_ROW_LIMITS) {
    hold(`CPU of one row beside ${title}`, cpu(oneRow, 'tier'), cpu(oneRow, server), limit);
  }
  hold(
    'CPU of one row over gRPC beside MLServer',
    cpu(oneRowGrpc, 'tier'),
    cpu(oneRowGrpc, 'mlserver'),
    GRPC_LIMIT,
  );
  for (const form of ['names', 'positions'] as const) {
    const lines = batch.filter((line) => line.form === form);
    const peers = lines.filter(({ server }) => server !== 'tier');
    const ours = of(lines, 'tier');
    if (ours === undefined || peers.length === 0) continue;
    const fastest = peers.reduce((a, b) => (medianMsOf(b) < medianMsOf(a) ? b : a));
    const promise = `time of 10,000 rows in JSON by ${form} beside the fastest peer, ${fastest.title}`;
    hold(promise, medianMsOf(ours), medianMsOf(fastest));
  }
  return verdicts;
}
