import type { OutcomeResult } from '../metrics/feedback.js';
import { outcomeKey, outcomeLine, type Outcome } from './outcome.js';
import type { FeedbackRecord, RecordSink } from './record-sink.js';

/** Outcomes of this process that are known again; some megabytes. */
const REMEMBERED = 50_000;
/** Outcomes that may wait for the sink; as many take some megabytes. */
const MAX_WAITING = 20_000;
/** Whoever brings outcomes waits no longer than this to hear that they are kept. */
const WRITE_TIMEOUT_MS = 10_000;

/** What became of the outcomes of one request. */
export interface StoredOutcomes {
  readonly accepted: number;
  /** Known already, word for word: not written again. */
  readonly duplicates: number;
}

/** They could not be kept; whoever brought them has to bring them again. */
export class OutcomesNotStored extends Error {
  override readonly name = 'OutcomesNotStored';
}

interface Waiting {
  readonly records: readonly FeedbackRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Keeps outcomes, and says so only when they are kept. Requests that come while one write is under way share the
 * next: a disk does not sync faster for being asked more often.
 *
 * An outcome that comes again is known again for a while, and not written twice. That saves space and is no promise:
 * whoever reads the outcomes takes the latest of each prediction and is indifferent to repeats.
 */
export class OutcomeStore {
  readonly #sink: RecordSink;
  readonly #count: (result: OutcomeResult, outcomes: number) => void;
  readonly #timeoutMs: number;
  /** In the order in which they came; the oldest is forgotten first. */
  readonly #known = new Set<string>();
  #waiting: Waiting[] = [];
  #waitingOutcomes = 0;
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    sink: RecordSink,
    count: (result: OutcomeResult, outcomes: number) => void,
    timeoutMs = WRITE_TIMEOUT_MS,
  ) {
    this.#sink = sink;
    this.#count = count;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Resolves when all of them are kept.
   * @throws {OutcomesNotStored} when not all are; some may be kept all the same, and may be brought again
   */
  async store(outcomes: readonly Outcome[], receivedAt: Date = new Date()): Promise<StoredOutcomes> {
    const fresh = new Map<string, Outcome>();
    for (const outcome of outcomes) {
      const key = outcomeKey(outcome);
      if (!this.#known.has(key)) fresh.set(key, outcome);
    }
    try {
      if (fresh.size > 0) await within(this.#timeoutMs, this.#write([...fresh.values()], receivedAt));
    } catch (cause) {
      this.#count('not_stored', outcomes.length);
      throw new OutcomesNotStored('The outcomes could not be stored; bring them again', { cause });
    }
    for (const key of fresh.keys()) this.#remember(key);
    const duplicates = outcomes.length - fresh.size;
    this.#count('accepted', fresh.size);
    this.#count('duplicate', duplicates);
    return { accepted: fresh.size, duplicates };
  }

  /** Finishes what waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    await this.#sink.close();
  }

  async #write(outcomes: readonly Outcome[], receivedAt: Date): Promise<void> {
    if (this.#isClosed) throw new Error('The process is about to end');
    if (this.#waitingOutcomes > 0 && this.#waitingOutcomes + outcomes.length > MAX_WAITING) {
      throw new Error(`${this.#waitingOutcomes} outcomes wait to be stored already`);
    }
    const records = outcomes.map((outcome) => ({
      key: outcome.requestId,
      value: outcomeLine(outcome, receivedAt),
    }));
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#waitingOutcomes += records.length;
      this.#writing ??= this.#writeWaiting().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  /** Never rejects: a failure is an answer to those whom it concerns. */
  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      const records = group.flatMap((waiting) => waiting.records);
      try {
        await this.#sink.write(records);
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      this.#waitingOutcomes -= records.length;
    }
  }

  #remember(key: string): void {
    this.#known.delete(key);
    this.#known.add(key);
    if (this.#known.size <= REMEMBERED) return;
    const [oldest] = this.#known;
    this.#known.delete(oldest!);
  }
}

/** @throws when it takes longer; the work goes on, and nobody hears how it ends */
async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsOver = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Not stored within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    await Promise.race([work, timeIsOver]);
  } finally {
    clearTimeout(timer);
  }
}
