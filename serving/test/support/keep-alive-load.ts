import { Agent } from 'node:http';
import { messageOf } from '../../src/errors.js';
import { httpRequest } from './http-request.js';

/** What came back, by who answered, and what went wrong, in words. */
export interface LoadTally {
  readonly byColour: ReadonlyMap<string, number>;
  readonly failures: readonly string[];
}

/** Only what never comes is given up. */
const TIMEOUT_MS = 60_000;

/** Clients that keep their connections open and ask again as soon as they are answered. */
export class KeepAliveLoad {
  readonly #agent: Agent;
  readonly #byColour = new Map<string, number>();
  readonly #failures: string[] = [];
  readonly #loops: Promise<void>[];
  #left: number;

  private constructor(
    private readonly port: number,
    private readonly instance: readonly unknown[],
    requests: number,
    connections: number,
  ) {
    this.#left = requests;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#loops = Array.from({ length: connections }, () => this.#loop());
  }

  /** Asks until it is told to stop. */
  static start(port: number, instance: readonly unknown[], connections = 16): KeepAliveLoad {
    return new KeepAliveLoad(port, instance, Infinity, connections);
  }

  /** Asks so many times. */
  static async run(
    port: number,
    instance: readonly unknown[],
    requests: number,
    connections = 16,
  ): Promise<LoadTally> {
    const load = new KeepAliveLoad(port, instance, requests, connections);
    await Promise.all(load.#loops);
    load.#agent.destroy();
    return load.tally;
  }

  get tally(): LoadTally {
    return { byColour: new Map(this.#byColour), failures: [...this.#failures] };
  }

  get answered(): number {
    return [...this.#byColour.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Safe to call again. */
  async stop(): Promise<LoadTally> {
    this.#left = 0;
    await Promise.all(this.#loops);
    this.#agent.destroy();
    return this.tally;
  }

  async #loop(): Promise<void> {
    while (this.#left > 0) {
      this.#left -= 1;
      try {
        const { status, headers, text } = await httpRequest({
          port: this.port,
          path: '/predict',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ instances: [this.instance] }),
          agent: this.#agent,
          timeoutMs: TIMEOUT_MS,
        });
        const colour = String(headers['x-serving-colour']);
        if (status === 200) this.#byColour.set(colour, (this.#byColour.get(colour) ?? 0) + 1);
        else this.#failures.push(`${status} of ${colour}: ${text}`);
      } catch (error) {
        this.#failures.push(messageOf(error));
      }
    }
  }
}
