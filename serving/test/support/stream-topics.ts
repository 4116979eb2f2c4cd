import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Message } from 'kafkajs';
import type { StreamTopics } from '../../src/stream/stream-settings.js';

/** A result as a consumer of the topic reads it. */
export interface ReadResult {
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

const PARTITIONS = 6;
const MESSAGES_A_REQUEST = 2_000;

/** The three topics of a stream, made for one test, and both their ends. */
export class StreamTopicsUnderTest {
  readonly scores: ReadResult[] = [];
  readonly deadLetters: ReadResult[] = [];
  readonly #kafka: Kafka;
  readonly names: StreamTopics;
  #close: (() => Promise<void>)[] = [];

  private constructor(broker: string, name: string) {
    this.#kafka = new Kafka({
      brokers: [broker],
      logLevel: logLevel.NOTHING,
      // What a producer sends again since a broker was slow, it may number in another order, which is refused.
      connectionTimeout: 30_000,
      requestTimeout: 120_000,
    });
    this.names = { input: `${name}-in`, output: `${name}-scores`, deadLetter: `${name}-dead` };
  }

  /** @param broker `host:port` */
  static async create(broker: string, partitions = PARTITIONS): Promise<StreamTopicsUnderTest> {
    const topics = new StreamTopicsUnderTest(broker, `t${randomUUID().slice(0, 8)}`);
    const admin = topics.#kafka.admin();
    await admin.connect();
    await admin.createTopics({
      topics: Object.values(topics.names).map((topic: string) => ({ topic, numPartitions: partitions })),
      waitForLeaders: true,
    });
    await admin.disconnect();
    await topics.#read();
    return topics;
  }

  async produce(messages: readonly Message[]): Promise<void> {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (let from = 0; from < messages.length; from += MESSAGES_A_REQUEST) {
      const batch = messages.slice(from, from + MESSAGES_A_REQUEST);
      await producer.send({ topic: this.names.input, messages: batch, acks: -1 });
    }
    await producer.disconnect();
  }

  /** Messages of a transaction that comes to nothing: only its offsets are there for a reader. */
  async produceAborted(messages: readonly Message[]): Promise<void> {
    const producer = this.#kafka.producer({
      transactionalId: `tx-${this.names.input}`,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: this.names.input, messages: [...messages] });
    await transaction.abort();
    await producer.disconnect();
  }

  /** What the group has committed, over all partitions. */
  async committed(groupId: string): Promise<number> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      const [topic] = await admin.fetchOffsets({ groupId, topics: [this.names.input] });
      return topic!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    } finally {
      await admin.disconnect();
    }
  }

  async exist(topic: string): Promise<boolean> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      return (await admin.listTopics()).includes(topic);
    } finally {
      await admin.disconnect();
    }
  }

  async remove(topic: string): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      await admin.deleteTopics({ topics: [topic] });
    } finally {
      await admin.disconnect();
    }
  }

  async close(): Promise<void> {
    for (const close of this.#close) await close();
  }

  async #read(): Promise<void> {
    const { output, deadLetter } = this.names;
    const consumer = this.#kafka.consumer({
      groupId: `reader-${output}`,
      maxWaitTimeInMs: 100,
      // One that comes back waits for as long until its former self has left.
      sessionTimeout: 10_000,
      heartbeatInterval: 1_000,
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [output, deadLetter], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ topic, message }) => {
        const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
        (topic === output ? this.scores : this.deadLetters).push({
          key: message.key?.toString() ?? '',
          value: message.value,
          headers: Object.fromEntries(headers) as Record<string, string>,
        });
        return Promise.resolve();
      },
    });
    this.#close.push(() => consumer.disconnect());
  }
}

/** How many distinct keys there are, and how many results beyond one for each. */
export function countKeys(results: readonly ReadResult[]): {
  readonly keys: number;
  readonly duplicates: number;
} {
  const keys = new Set(results.map(({ key }) => key)).size;
  return { keys, duplicates: results.length - keys };
}
