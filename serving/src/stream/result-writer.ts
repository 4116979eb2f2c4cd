import type { Message, Producer, TopicMessages } from 'kafkajs';
import type { Logger } from 'pino';
import { messageOf } from '../errors.js';
import { kafkaClient } from '../kafka/kafka-client.js';
import type { KafkaSettings } from '../kafka/kafka-settings.js';
import { LineBudget } from '../observability/line-budget.js';
import { pause } from './pause.js';
import type { Result } from './results.js';
import { retryDelayMs } from './retry-delay.js';

const RETRIES = 4;
/** How long a result waits for company. */
const LINGER_MS = 5;
/** Of one batch: below what brokers take by default (message.max.bytes, 1 MiB), which is meant of a batch. */
const MAX_BATCH_BYTES = 512 * 1024;
const MAX_BATCH_RESULTS = 1_000;
const ALL_IN_SYNC_REPLICAS = -1;

interface Waiting {
  readonly result: Result;
  readonly resolve: (isWritten: boolean) => void;
}

function bytesOf({ key, value }: Result): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}

function byTopic(batch: readonly Waiting[]): TopicMessages[] {
  const messages = new Map<string, Message[]>();
  for (const { result } of batch) {
    const { topic, ...message } = result;
    const list = messages.get(topic);
    if (list === undefined) messages.set(topic, [message]);
    else list.push(message);
  }
  return [...messages].map(([topic, list]) => ({ topic, messages: list }));
}

/**
 * Writes results in batches, one batch after the other, until all replicas in step have them. A batch that fails is
 * written again by a new producer, for one that lost an answer does not know which numbers its broker has seen: what
 * was in doubt may then be there twice.
 */
export class ResultWriter {
  readonly #settings: KafkaSettings;
  readonly #log: Logger;
  readonly #lines = new LineBudget(1);
  #waiting: Waiting[] = [];
  #producer: Producer | undefined;
  #writing: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(settings: KafkaSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  /** @returns true once it is written, however long that takes; false when the writer was closed before */
  write(result: Result): Promise<boolean> {
    if (this.#closing.signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiting.push({ result, resolve });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Gives up what waits. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
    await this.#disconnect();
  }

  async #writeAll(): Promise<void> {
    await pause(LINGER_MS, this.#closing.signal);
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      const isWritten = await this.#writeBatch(batch);
      for (const { resolve } of batch) resolve(isWritten);
    }
    this.#writing = undefined;
  }

  #nextBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { result } of this.#waiting) {
      bytes += bytesOf(result);
      if (count > 0 && (bytes > MAX_BATCH_BYTES || count >= MAX_BATCH_RESULTS)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<boolean> {
    const topicMessages = byTopic(batch);
    for (let failures = 1; !this.#closing.signal.aborted; failures += 1) {
      try {
        this.#producer ??= await this.#connect();
        await this.#producer.sendBatch({ topicMessages, acks: ALL_IN_SYNC_REPLICAS });
        return true;
      } catch (error) {
        await this.#disconnect();
        const withheld = this.#lines.take();
        if (withheld !== undefined) {
          this.#log.warn(
            { results: batch.length, failures, cause: messageOf(error), withheld },
            'results can not be written; trying again',
          );
        }
        await pause(retryDelayMs(failures, 0, Math.random()), this.#closing.signal);
      }
    }
    return false;
  }

  async #connect(): Promise<Producer> {
    const kafka = await kafkaClient(this.#settings, RETRIES);
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      // A name that is misspelt must not become a topic, with copies as the broker likes.
      allowAutoTopicCreation: false,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async #disconnect(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }
}
