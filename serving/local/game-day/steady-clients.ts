import { Agent, request } from 'node:http';
import { quantile } from '../../bench/report/statistics.js';

/** What one request of a well-behaved client came to. */
interface Asked {
  readonly phase: string;
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

  constructor(options: ClientOptions, firstPhase: string) {
    this.#options = options;
    this.#phase = firstPhase;
  }

  start(): void {
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

  async #ask(phase: string): Promise<void> {
    const startedAt = performance.now();
    const status = await this.#post().catch(() => undefined);
    this.#asked.push({ phase, ok: status === 200, ms: performance.now() - startedAt });
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
  return [...new Set(asked.map(({ phase }) => phase))].map((phase) => {
    const ofPhase = asked.filter((one) => one.phase === phase);
    const answered = ofPhase.filter(({ ok }) => ok);
    return {
      phase,
      requests: ofPhase.length,
      successRate: answered.length / ofPhase.length,
      p99Ms: quantile(
        answered.map(({ ms }) => ms),
        0.99,
      ),
    };
  });
}
