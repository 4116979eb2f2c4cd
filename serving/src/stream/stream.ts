import { setMaxListeners } from 'node:events';
import type { KafkaMessage } from 'kafkajs';
import type { Registry } from 'prom-client';
import type { Logger } from 'pino';
import { messageOf } from '../errors.js';
import { StreamMetrics } from '../metrics/stream.js';
import { ApplicationScorer } from './application-scorer.js';
import { ConsumerLag } from './consumer-lag.js';
import { Intake } from './intake.js';
import { OffsetLedger } from './offset-ledger.js';
import { pause } from './pause.js';
import { ResultWriter } from './result-writer.js';
import type { Source } from './results.js';
import type { StreamSettings } from './stream-settings.js';
import { TierClient } from './tier-client.js';

const COMMIT_EVERY_MS = 200;
/** Messages that are begun, for each request that may be under way: some wait to be asked again, or to be written. */
const BEGUN_PER_REQUEST = 4;
/** Messages that wait, for each that is begun: beyond it nothing is fetched. Fetching begins again at half of it. */
const WAITING_PER_BEGUN = 8;
/** Keys and values of all that are here, the same: few large messages are as much as many small ones. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** A partition for as long as it is this process's without interruption. */
interface OwnedPartition {
  readonly partition: number;
  readonly ledger: OffsetLedger;
  /** Ends with the ownership. */
  readonly lost: AbortController;
}

interface WaitingMessage {
  readonly owner: OwnedPartition;
  readonly offset: number;
  readonly source: Source;
}

function copyOf(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

function sourceOf(partition: number, message: KafkaMessage): Source {
  const { offset, timestamp, key, value, headers } = message;
  // Copies: the client's are views of all that came with one fetch, which one message that waits would keep alive.
  return {
    ...{ partition, offset, timestampMs: Number(timestamp), headers },
    ...{ key: copyOf(key), value: copyOf(value) },
  };
}

function bytesOf({ source: { key, value } }: WaitingMessage): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}

/**
 * Scores a topic: what is read is asked about, written, and then committed, in that order, so that every message has
 * its result at least once.
 */
export class Stream {
  readonly #settings: StreamSettings;
  readonly #log: Logger;
  readonly #metrics: StreamMetrics;
  readonly #tier: TierClient;
  readonly #writer: ResultWriter;
  readonly #scorer: ApplicationScorer;
  readonly #intake: Intake;
  readonly #lag: ConsumerLag;
  readonly #maxBegun: number;
  readonly #maxWaiting: number;
  readonly #stopping = new AbortController();
  readonly #begun = new Set<Promise<void>>();
  #owned = new Map<number, OwnedPartition>();
  #waiting: WaitingMessage[] = [];
  /** Of those that wait and those that are begun. */
  #heldBytes = 0;
  #committing: Promise<void> = Promise.resolve();

  constructor(settings: StreamSettings, registry: Registry, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    this.#maxBegun = settings.maxInFlight * BEGUN_PER_REQUEST;
    this.#maxWaiting = this.#maxBegun * WAITING_PER_BEGUN;
    this.#metrics = new StreamMetrics(registry, {
      inFlight: () => this.#begun.size,
      isPaused: () => this.#intake.isPaused,
    });
    this.#tier = new TierClient(settings.tier);
    this.#writer = new ResultWriter(settings.kafka, log);
    const { kafka, groupId, sessionTimeoutMs, topics } = settings;
    this.#scorer = new ApplicationScorer(settings, {
      tier: this.#tier,
      results: this.#writer,
      metrics: this.#metrics,
      log,
    });
    this.#intake = new Intake(
      { kafka, groupId, topic: topics.input, sessionTimeoutMs },
      this.#listener(),
      log,
    );
    this.#lag = new ConsumerLag(settings, (lags) => {
      const own = [...lags].filter(([partition]) => this.#owned.has(partition));
      this.#metrics.lags(topics.input, new Map(own));
    });
  }

  /** Whether it takes part in reading the topic. */
  get isReady(): boolean {
    return this.#intake.isMember && !this.#stopping.signal.aborted;
  }

  start(): void {
    this.#intake.start();
    this.#lag.start();
    this.#committing = this.#commitAgainAndAgain();
  }

  /**
   * Finishes the requests that are under way, writes and commits what came of them, and leaves the group. What is not
   * finished after the time-out is scored again by whoever reads these partitions next.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waiting = [];
    this.#intake.setPaused(true);
    for (const { lost } of this.#owned.values()) lost.abort();
    const finished = new AbortController();
    await Promise.race([Promise.all(this.#begun), pause(this.#settings.shutdownTimeoutMs, finished.signal)]);
    finished.abort();
    await this.#committing;
    await this.#commit();
    await Promise.all([this.#lag.stop(), this.#intake.stop(), this.#writer.close()]);
    this.#tier.close();
  }

  #listener() {
    return {
      assigned: (partitions: readonly number[], isContinued: boolean): void => {
        this.#metrics.rebalances.inc();
        this.#disown(isContinued ? new Set(partitions) : new Set());
        for (const partition of partitions) {
          if (this.#owned.has(partition)) continue;
          const lost = new AbortController();
          // Every message that waits to be asked again listens.
          setMaxListeners(0, lost.signal);
          this.#owned.set(partition, { partition, ledger: new OffsetLedger(), lost });
        }
        this.#log.info({ partitions, kept: isContinued }, 'reading partitions');
      },
      unsettled: (): void => {
        void this.#commit();
      },
      ended: (): void => {
        this.#disown(new Set());
      },
      received: (partition: number, messages: readonly KafkaMessage[], lastOffset: number): void => {
        this.#received(partition, messages, lastOffset);
      },
    };
  }

  /** Nothing of partitions that are not kept is begun, tried again or committed any more. */
  #disown(kept: ReadonlySet<number>): void {
    for (const [partition, { lost }] of this.#owned) {
      if (kept.has(partition)) continue;
      lost.abort();
      this.#owned.delete(partition);
    }
    this.#waiting = this.#waiting.filter((message) => {
      const isKept = !message.owner.lost.signal.aborted;
      if (!isKept) this.#heldBytes -= bytesOf(message);
      return isKept;
    });
    this.#pauseOrResume();
  }

  #received(partition: number, messages: readonly KafkaMessage[], lastOffset: number): void {
    const owner = this.#owned.get(partition);
    if (owner === undefined || this.#stopping.signal.aborted) return;
    for (const message of messages) {
      const offset = Number(message.offset);
      if (owner.ledger.take(offset)) {
        const waiting = { owner, offset, source: sourceOf(partition, message) };
        this.#waiting.push(waiting);
        this.#heldBytes += bytesOf(waiting);
      } else this.#metrics.skipped();
    }
    // Markers of transactions have offsets, too, and nothing to do.
    if (owner.ledger.take(lastOffset)) owner.ledger.finish(lastOffset);
    this.#beginWaiting();
    this.#pauseOrResume();
  }

  #beginWaiting(): void {
    const count = Math.min(this.#waiting.length, this.#maxBegun - this.#begun.size);
    if (count <= 0) return;
    for (const message of this.#waiting.splice(0, count)) {
      const begun = this.#finish(message).finally(() => {
        this.#begun.delete(begun);
        this.#heldBytes -= bytesOf(message);
        this.#beginWaiting();
        this.#pauseOrResume();
      });
      this.#begun.add(begun);
    }
  }

  async #finish({ owner, offset, source }: WaitingMessage): Promise<void> {
    if (await this.#scorer.settle(source, owner.lost.signal)) owner.ledger.finish(offset);
  }

  #pauseOrResume(): void {
    if (this.#stopping.signal.aborted) return;
    const { length } = this.#waiting;
    const share = Math.max(length / this.#maxWaiting, this.#heldBytes / MAX_HELD_BYTES);
    if (share >= 1) this.#intake.setPaused(true);
    else if (share <= 1 / 2) this.#intake.setPaused(false);
  }

  async #commitAgainAndAgain(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await pause(COMMIT_EVERY_MS, this.#stopping.signal);
      await this.#commit();
    }
  }

  async #commit(): Promise<void> {
    const owners = [...this.#owned.values()].flatMap((owner) => {
      const next = owner.ledger.committable();
      return next === undefined ? [] : [{ owner, next }];
    });
    if (owners.length === 0) return;
    try {
      await this.#intake.commit(new Map(owners.map(({ owner, next }) => [owner.partition, next])));
      for (const { owner, next } of owners) owner.ledger.committed(next);
      this.#metrics.commits.inc();
    } catch (error) {
      // A rebalance is under way, or the broker is away: the same offsets are offered again.
      this.#log.debug({ cause: messageOf(error) }, 'offsets were not committed');
    }
  }
}
