import {
  p99OfAnswersIn,
  summarise,
  windowsOf,
  type Summary,
  type Window,
} from '../load/generator/analysis.js';
import { generate } from '../load/generator/generate.js';
import type { Plan, Samples, Stream } from '../load/generator/plan.js';

/** Requests are put as ordinary clients do: this many rows, so that a server is full before its generator is. */
export const REQUEST_ROWS = 16;
/** Connections that keep a server as busy as it can be. */
const CONNECTIONS = 16;
/** Compilers and caches settle, and queues fill, during this share of a measurement. */
const WARM_UP_SHARE = 0.2;
const DRAIN_MS = 5_000;

/** One second of a measurement. */
export interface Slice {
  /** What became of the requests that were due in it. */
  readonly due: Summary;
  /** How long those had waited, in milliseconds, that were answered in it. */
  readonly answeredP99Ms: number;
  readonly atSeconds: number;
}

export interface Measurement {
  readonly summary: Summary;
  readonly slices: readonly Slice[];
  readonly largestLagMs: number;
}

type Client = Omit<Stream, 'pace'>;

/** Requests a second that the server answers when it is never idle and nobody waits in vain. */
export async function capacityOf(port: number, client: Client, seconds: number): Promise<number> {
  const durationMs = seconds * 1_000;
  const { streams } = await generate({
    port,
    durationMs,
    drainMs: DRAIN_MS,
    seed: 1,
    streams: [{ ...client, pace: { kind: 'closed', connections: CONNECTIONS } }],
  });
  return summarise(streams, settled(durationMs)).answeredPerSecond;
}

/** Offers requests at their rates, come what may, and looks at those streams that `of` names. */
export async function measure(
  port: number,
  seconds: number,
  offered: readonly { readonly client: Client; readonly ratePerSecond: number }[],
  of: (name: string) => boolean = () => true,
): Promise<Measurement> {
  const plan: Plan = {
    port,
    durationMs: seconds * 1_000,
    drainMs: DRAIN_MS,
    seed: 1,
    streams: offered.map(({ client, ratePerSecond }) => ({
      ...client,
      pace: { kind: 'open', ratePerSecond, arrivals: 'poisson' },
    })),
  };
  const { streams, largestLagMs } = await generate(plan);
  const observed = streams.filter(({ name }) => of(name));
  return {
    summary: summarise(observed, settled(plan.durationMs)),
    slices: slicesOf(observed, plan.durationMs),
    largestLagMs,
  };
}

function settled(durationMs: number): Window {
  return { fromMs: durationMs * WARM_UP_SHARE, toMs: durationMs };
}

function slicesOf(streams: readonly Samples[], durationMs: number): Slice[] {
  return windowsOf(durationMs, 1_000).map((window) => ({
    atSeconds: window.fromMs / 1_000,
    due: summarise(streams, window),
    answeredP99Ms: p99OfAnswersIn(streams, window),
  }));
}
