import type { TierUnderTest } from './tier-under-test.js';

const CLIENTS = 2;
const PAUSE_MS = 5;

/** Clients of a tier that ask some hundred times a second, of which each must be answered. */
export class SteadyClients {
  #stopped = false;
  #sent = 0;
  #failed = 0;
  readonly #all: Promise<unknown>;

  private constructor(
    private readonly tier: TierUnderTest,
    private readonly rows: readonly unknown[],
  ) {
    this.#all = Promise.all(Array.from({ length: CLIENTS }, () => this.#ask()));
  }

  static start(tier: TierUnderTest, rows: readonly unknown[]): SteadyClients {
    return new SteadyClients(tier, rows);
  }

  /** @returns how many requests have failed. Safe to call again */
  async stop(): Promise<number> {
    this.#stopped = true;
    await this.#all;
    return this.#failed;
  }

  async #ask(): Promise<void> {
    while (!this.#stopped) {
      const { status } = await this.tier.predict([this.rows[this.#sent++ % this.rows.length]]);
      if (status !== 200) this.#failed += 1;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
