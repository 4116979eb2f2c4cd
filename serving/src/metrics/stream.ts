import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import {
  DEAD_LETTER_REASONS,
  RETRY_REASONS,
  type DeadLetterReason,
  type RetryReason,
} from '../stream/disposition.js';

/** What becomes of a message; skipped: it was delivered again while it was still being worked on. */
export const MESSAGE_RESULTS = ['scored', 'dead_lettered', 'skipped'] as const;
export type MessageResult = (typeof MESSAGE_RESULTS)[number];

/** What is read when metrics are scraped. */
export interface StreamGauges {
  readonly inFlight: () => number;
  readonly isPaused: () => boolean;
}

/** The stream of applications that is scored. */
export class StreamMetrics {
  readonly #messages: Counter<'result'>;
  readonly #deadLetters: Counter<'reason'>;
  readonly #retries: Counter<'reason'>;
  readonly #age: Histogram;
  readonly #lag: Gauge<'topic' | 'partition'>;
  readonly rebalances: Counter;
  readonly commits: Counter;

  constructor(registry: Registry, { inFlight, isPaused }: StreamGauges) {
    const registers = [registry];
    this.#messages = new Counter({
      name: 'stream_messages_total',
      help: 'Messages by what became of them: scored or dead_lettered, once that is written; skipped when delivered again while still being worked on',
      labelNames: ['result'],
      registers,
    });
    this.#deadLetters = new Counter({
      name: 'stream_dead_letters_total',
      help: 'Messages written to the dead-letter topic by reason',
      labelNames: ['reason'],
      registers,
    });
    this.#retries = new Counter({
      name: 'stream_predict_retries_total',
      help: 'Requests to the tier that have to be made again by reason',
      labelNames: ['reason'],
      registers,
    });
    // A series that is there from the beginning shows its first event.
    for (const result of MESSAGE_RESULTS) this.#messages.inc({ result }, 0);
    for (const reason of DEAD_LETTER_REASONS) this.#deadLetters.inc({ reason }, 0);
    for (const reason of RETRY_REASONS) this.#retries.inc({ reason }, 0);
    this.#age = new Histogram({
      name: 'stream_message_age_seconds',
      help: "From a message's timestamp to its score being written",
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600],
      registers,
    });
    this.#lag = new Gauge({
      name: 'stream_consumer_lag',
      help: 'Messages of a partition that the group has not finished, for the partitions that this process reads',
      labelNames: ['topic', 'partition'],
      registers,
    });
    this.rebalances = new Counter({
      name: 'stream_rebalances_total',
      help: 'How often this process was told anew which partitions it reads',
      registers,
    });
    this.commits = new Counter({
      name: 'stream_commits_total',
      help: 'Commits of offsets that the broker took',
      registers,
    });
    new Gauge({
      name: 'stream_in_flight_messages',
      help: 'Messages that are being worked on: asked about, waiting to be asked again, or being written',
      registers,
      collect() {
        this.set(inFlight());
      },
    });
    new Gauge({
      name: 'stream_paused',
      help: '1 while no messages are fetched, since enough are waiting',
      registers,
      collect() {
        this.set(isPaused() ? 1 : 0);
      },
    });
  }

  /** @param ageSeconds since the message's timestamp */
  scored(ageSeconds: number): void {
    this.#messages.inc({ result: 'scored' });
    // Clocks differ.
    this.#age.observe(Math.max(0, ageSeconds));
  }

  deadLettered(reason: DeadLetterReason): void {
    this.#messages.inc({ result: 'dead_lettered' });
    this.#deadLetters.inc({ reason });
  }

  skipped(): void {
    this.#messages.inc({ result: 'skipped' });
  }

  retried(reason: RetryReason): void {
    this.#retries.inc({ reason });
  }

  /** @param lags by partition; partitions that are not in it have no series any more */
  lags(topic: string, lags: ReadonlyMap<number, number>): void {
    this.#lag.reset();
    for (const [partition, lag] of lags) this.#lag.set({ topic, partition: String(partition) }, lag);
  }
}
