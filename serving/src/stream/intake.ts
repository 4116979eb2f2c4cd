import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { Logger } from 'pino';
import { messageOf } from '../errors.js';
import { kafkaClient } from '../kafka/kafka-client.js';
import type { KafkaSettings } from '../kafka/kafka-settings.js';
import { LineBudget } from '../observability/line-budget.js';
import { pause } from './pause.js';
import { retryDelayMs } from './retry-delay.js';

const RETRIES = 5;
const HEARTBEAT_MS = 2_000;
/** How long a fetch waits at the broker, and how long a paused consumer rests between its heartbeats. */
const MAX_WAIT_MS = 200;
const MAX_BYTES_PER_PARTITION = 512 * 1024;
const MAX_BYTES_PER_FETCH = 2 * 1024 * 1024;
/** Nothing was fetched for so long, not even nothing: whatever the client waits for will not come. */
const STALLED_MS = 60_000;
const DISCONNECT_MS = 5_000;

export interface IntakeSettings {
  readonly kafka: KafkaSettings;
  readonly groupId: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
}

/** What the intake tells. None of these may throw or take long. */
export interface IntakeListener {
  /**
   * The group has settled who reads what.
   *
   * @param isContinued the membership is the one of last time: of partitions that were here and are here, nobody else
   *   has read meanwhile
   */
  assigned(partitions: readonly number[], isContinued: boolean): void;
  /** The group is about to settle anew: what is finished can still be committed. */
  unsettled(): void;
  /** The consumer has ended. Another one is made. */
  ended(): void;
  /**
   * @param messages none where the batch holds only what is not for readers, such as an aborted transaction
   * @param lastOffset of the batch: beyond that of the last message where markers of transactions end it
   */
  received(partition: number, messages: readonly KafkaMessage[], lastOffset: number): void;
}

/**
 * Reads the topic as a member of its group.
 *
 * Batches are handed over at once and never waited for, so that kafkajs's loop of fetching and heartbeats turns also
 * while the tier is away; whoever takes them pauses the intake when he has enough. A loop that waits for its work
 * sends no heartbeats unless the work does, and loses its membership when that takes longer than the session.
 *
 * A consumer that fails is replaced by a new one with a new client, which reads the files of its credentials anew.
 */
export class Intake {
  readonly #settings: IntakeSettings;
  readonly #listener: IntakeListener;
  readonly #log: Logger;
  readonly #lines = new LineBudget(1);
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #consumer: Consumer | undefined;
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #memberId = '';
  #assigned: ReadonlySet<number> = new Set();
  #isPaused = false;
  #isMember = false;
  #lastFetchMs = 0;

  constructor(settings: IntakeSettings, listener: IntakeListener, log: Logger) {
    this.#settings = settings;
    this.#listener = listener;
    this.#log = log;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Whether it is a member of its group. */
  get isMember(): boolean {
    return this.#isMember;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (this.#isMember) this.#applyPause();
  }

  /**
   * @param offsets by partition: what to read next after a restart
   * @throws when the broker does not take them, as when they come from a member that no longer is one
   */
  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    if (this.#commit === undefined) throw new Error('not a member of the group');
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    // Not consumer.commitOffsets: it tries again by itself, possibly as the member of a later generation to which
    // these partitions do not belong, and the broker does not look at whose they are.
    await this.#commit({ topics: [{ topic: this.#settings.topic, partitions }] });
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 1; !signal.aborted; failures += 1) {
      const startedMs = performance.now();
      const cause = await this.#consume().catch(messageOf);
      const lasted = performance.now() - startedMs;
      await this.#end();
      if (cause === undefined) return;
      if (lasted > STALLED_MS) failures = 1;
      const withheld = this.#lines.take();
      if (withheld !== undefined) {
        this.#log.warn({ failures, cause, withheld }, 'the consumer has ended; another one is made');
      }
      await pause(retryDelayMs(failures, 0, Math.random()), signal);
    }
  }

  /** @returns why it ended; undefined: it was told to */
  async #consume(): Promise<string | undefined> {
    const { groupId, topic, sessionTimeoutMs, kafka: connection } = this.#settings;
    const kafka = await kafkaClient(connection, RETRIES);
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      // A name that is misspelt must not become a topic.
      allowAutoTopicCreation: false,
      heartbeatInterval: Math.min(HEARTBEAT_MS, sessionTimeoutMs / 3),
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      maxBytes: MAX_BYTES_PER_FETCH,
      // Restarting is done here, in one way for every failure.
      retry: {
        retries: RETRIES,
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        restartOnFailure: () => Promise.resolve(false),
      },
    });
    this.#consumer = consumer;
    const crashed = new Promise<string>((resolve) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        resolve(payload.error.message);
      });
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#joined(payload.memberId, payload.memberAssignment[topic] ?? []);
    });
    consumer.on(consumer.events.REBALANCING, () => {
      this.#listener.unsettled();
    });
    consumer.on(consumer.events.FETCH, () => {
      this.#lastFetchMs = performance.now();
    });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      // Nothing but markers, or messages of a transaction that was aborted: those are not handed over.
      if (payload.batchSize > 0 || !this.#assigned.has(payload.partition)) return;
      this.#listener.received(payload.partition, [], Number(payload.lastOffset));
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    this.#lastFetchMs = performance.now();
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => {
        this.#take(payload);
        return Promise.resolve();
      },
    });
    const over = new AbortController();
    try {
      return await Promise.race([
        crashed,
        this.#stalled(AbortSignal.any([over.signal, this.#stopping.signal])),
      ]);
    } finally {
      over.abort();
    }
  }

  #joined(memberId: string, partitions: readonly number[]): void {
    const isContinued = memberId === this.#memberId;
    this.#memberId = memberId;
    this.#assigned = new Set(partitions);
    this.#isMember = true;
    this.#listener.assigned(partitions, isContinued);
    this.#applyPause();
  }

  #take(payload: EachBatchPayload): void {
    const { batch } = payload;
    this.#commit = (offsets) => payload.commitOffsetsIfNecessary(offsets);
    const last = batch.messages.at(-1);
    // A batch that was on its way while the partition went to another member.
    if (last === undefined || !this.#assigned.has(batch.partition)) return;
    this.#listener.received(batch.partition, batch.messages, Number(batch.lastOffset()));
    payload.resolveOffset(last.offset);
  }

  #applyPause(): void {
    const topics = [{ topic: this.#settings.topic }];
    if (this.#isPaused) this.#consumer?.pause(topics);
    else this.#consumer?.resume(topics);
  }

  /** @returns why it does not go on; undefined: it was told to end */
  async #stalled(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      if (performance.now() - this.#lastFetchMs > STALLED_MS) return 'the client does not fetch any more';
      await pause(1_000, signal);
    }
    return undefined;
  }

  async #end(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    this.#commit = undefined;
    this.#isMember = false;
    this.#assigned = new Set();
    this.#listener.ended();
    const disconnected = new AbortController();
    const leaving = consumer?.disconnect().catch(() => undefined);
    // One that hangs is left behind.
    await Promise.race([leaving, pause(DISCONNECT_MS, disconnected.signal)]);
    disconnected.abort();
  }
}
