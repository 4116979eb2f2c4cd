import { Agent, request } from 'node:http';
import { quantile } from '../../bench/report/statistics.js';
import type { ClientWindow } from '../attack/attack-plot.js';

/** What one request of a well-behaved client came to. */
interface Asked {
  readonly phase: string;
  /** When it was asked, since the first one. */
  readonly second: number;
  readonly ok: boolean;
  readonly ms: number;
}

export interface PhaseFigures {
  readonly phase: string;
  readonly requests: number;
  /** Share that was answered with 200. */
  readonly successRate: number;
  /** Of answered requests; NaN where there is none. */
  readonly p99Ms: number;
}

export interface ClientOptions {
  readonly url: string;
  readonly apiKey: string;
  /** The body of `/predict`. */
  readonly body: string;
  readonly ratePerSecond: number;
}

const TIMEOUT_MS = 5_000;

/** Clients that ask at a steady rate over connections that they keep, whatever else goes on. */
export class SteadyClients {
  readonly #options: ClientOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  readonly #asked: Asked[] = [];
  readonly #open = new Set<Promise<void>>();
  #phase: string;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;

  constructor(options: ClientOptions, firstPhase: string) {
    this.#options = options;
    this.#phase = firstPhase;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => {
      const asking = this.#ask(this.#phase).finally(() => this.#open.delete(asking));
      this.#open.add(asking);
    }, 1_000 / this.#options.ratePerSecond);
  }

  /** What is asked from now on belongs to another phase. */
  enter(phase: string): void {
    this.#phase = phase;
  }

  /** Safe to call again. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    this.#agent.destroy();
  }

  /** By phase, in their order. */
  get figures(): readonly PhaseFigures[] {
    return figuresOf(this.#asked);
  }

  /** The same over time, in windows of so many seconds. */
  windows(seconds: number): readonly ClientWindow[] {
    return windowsOf(this.#asked, seconds);
  }

  async #ask(phase: string): Promise<void> {
    const startedAt = performance.now();
    const status = await this.#post().catch(() => undefined);
    this.#asked.push({
      phase,
      second: (startedAt - this.#startedAt) / 1_000,
      ok: status === 200,
      ms: performance.now() - startedAt,
    });
  }

  #post(): Promise<number | undefined> {
    const { url, apiKey, body } = this.#options;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${url}/predict`,
        {
          method: 'POST',
          agent: this.#agent,
          timeout: TIMEOUT_MS,
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'x-api-key': apiKey,
          },
        },
        (response) => {
          response.resume().once('end', () => {
            resolve(response.statusCode);
          });
          response.once('error', reject);
        },
      );
      outgoing.once('error', reject);
      outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
      outgoing.end(body);
    });
  }
}

export function figuresOf(asked: readonly Asked[]): readonly PhaseFigures[] {
  return grouped(asked, ({ phase }) => phase).map(([phase, ofPhase]) => ({
    phase,
    requests: ofPhase.length,
    ...successOf(ofPhase),
  }));
}

/** @param seconds of a window; it stands at its middle */
export function windowsOf(asked: readonly Asked[], seconds: number): readonly ClientWindow[] {
  return grouped(asked, ({ second }) => Math.floor(second / seconds))
    .sort(([one], [other]) => one - other)
    .map(([window, ofWindow]) => ({ second: (window + 0.5) * seconds, ...successOf(ofWindow) }));
}

/** In the order of the first of each; Node 20 has no `Map.groupBy`. */
function grouped<K>(asked: readonly Asked[], key: (one: Asked) => K): [K, Asked[]][] {
  const groups = new Map<K, Asked[]>();
  for (const one of asked) {
    const group = groups.get(key(one));
    if (group === undefined) groups.set(key(one), [one]);
    else group.push(one);
  }
  return [...groups];
}

function successOf(asked: readonly Asked[]): Pick<PhaseFigures, 'successRate' | 'p99Ms'> {
  const answered = asked.filter(({ ok }) => ok);
  return {
    successRate: answered.length / asked.length,
    p99Ms: quantile(
      answered.map(({ ms }) => ms),
      0.99,
    ),
  };
}
