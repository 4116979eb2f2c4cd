import { schedule, type ScheduledTask } from 'node-cron';

/**
 * Looks at the registry at every interval, and sooner when told to. Polling is the truth; `hurry` only brings the next
 * look forward, so a lost webhook costs seconds and a forged one a look.
 */
export class Poller {
  readonly #name: string;
  readonly #intervalSeconds: number;
  readonly #lookOnce: () => Promise<void>;
  #task: ScheduledTask | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  /** @param lookOnce never rejects */
  constructor(name: string, intervalSeconds: number, lookOnce: () => Promise<void>) {
    this.#name = name;
    this.#intervalSeconds = intervalSeconds;
    this.#lookOnce = lookOnce;
  }

  /** Looks once, and from then on at every interval. Resolves after the first look, whatever it found. */
  async start(): Promise<void> {
    await this.look();
    this.#task = schedule(`*/${this.#intervalSeconds} * * * * *`, () => this.look(), {
      name: this.#name,
      noOverlap: true,
      suppressMissedWarning: true,
      logger: { info: ignore, warn: ignore, error: ignore, debug: ignore },
    });
  }

  async stop(): Promise<void> {
    await this.#task?.destroy();
    await this.#looking;
  }

  /** Looks now; if a look is under way, once more after it, since that one may have read what is old by now. */
  async hurry(): Promise<void> {
    if (this.#looking !== undefined) this.#lookAgain = true;
    await this.look();
  }

  /** One look. Never rejects; concurrent calls share one. */
  look(): Promise<void> {
    this.#looking ??= this.#lookUntilDone().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookUntilDone(): Promise<void> {
    for (let again = true; again; again = this.#takeLookAgain()) {
      await this.#lookOnce();
    }
  }

  #takeLookAgain(): boolean {
    const again = this.#lookAgain;
    this.#lookAgain = false;
    return again;
  }
}

function ignore(): void {
  // node-cron would log to the console; whoever looks reports by itself.
}
