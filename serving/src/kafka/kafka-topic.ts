import type { Producer } from 'kafkajs';
import type { FeedbackRecord, RecordSink } from '../feedback/record-sink.js';
import { kafkaClient } from './kafka-client.js';
import type { KafkaSettings } from './kafka-settings.js';

/** How sure a record must be. */
export type Guarantee =
  /** Said to be there by its partition's leader: may be lost with it. */
  | 'leader'
  /** Said to be there by all replicas that are in step, once and in order. */
  | 'all-replicas';

const RETRIES = { leader: 1, 'all-replicas': 4 } as const;
const ACKS = { leader: 1, 'all-replicas': -1 } as const;

/**
 * Records in a topic, keyed. The connection is made with the first of them, and anew after every failure: a producer
 * that lost an answer does not know which numbers its broker has seen.
 */
export class KafkaTopic implements RecordSink {
  readonly #settings: KafkaSettings;
  readonly #topic: string;
  readonly #guarantee: Guarantee;
  #producer: Producer | undefined;

  constructor(settings: KafkaSettings, topic: string, guarantee: Guarantee) {
    this.#settings = settings;
    this.#topic = topic;
    this.#guarantee = guarantee;
  }

  async write(records: readonly FeedbackRecord[]): Promise<number> {
    const producer = this.#producer ?? (await this.#connect());
    try {
      await producer.send({ topic: this.#topic, acks: ACKS[this.#guarantee], messages: [...records] });
    } catch (error) {
      await this.close();
      throw error;
    }
    return records.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }

  async #connect(): Promise<Producer> {
    const kafka = await kafkaClient(this.#settings, RETRIES[this.#guarantee]);
    const producer = kafka.producer({
      idempotent: this.#guarantee === 'all-replicas',
      maxInFlightRequests: 1,
    });
    try {
      await producer.connect();
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
    this.#producer = producer;
    return producer;
  }
}
