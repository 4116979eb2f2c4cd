import { NO_ANSWER, type Samples } from './plan.js';

/** Collects the requests of one stream; each gets a number when it starts. */
export class SampleLog {
  readonly #dueMs: number[] = [];
  readonly #latencyMs: number[] = [];
  readonly #status: number[] = [];
  readonly #open = new Set<number>();

  constructor(readonly name: string) {}

  get open(): number {
    return this.#open.size;
  }

  start(dueMs: number): number {
    const sample = this.#dueMs.push(dueMs) - 1;
    this.#open.add(sample);
    return sample;
  }

  /** What is said first about a request holds. */
  end(sample: number, nowMs: number, status: number): void {
    if (!this.#open.delete(sample)) return;
    this.#latencyMs[sample] = nowMs - this.#dueMs[sample]!;
    this.#status[sample] = status;
  }

  /** Gives up what is under way. */
  close(nowMs: number): Samples {
    for (const sample of this.#open) this.end(sample, nowMs, NO_ANSWER);
    return {
      name: this.name,
      dueMs: Float64Array.from(this.#dueMs),
      latencyMs: Float64Array.from(this.#latencyMs),
      status: Uint16Array.from(this.#status),
    };
  }
}
