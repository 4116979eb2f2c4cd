import type { Admin } from 'kafkajs';
import { kafkaClient } from '../kafka/kafka-client.js';
import { pause } from './pause.js';
import type { StreamSettings } from './stream-settings.js';

const EVERY_MS = 5_000;
const RETRIES = 1;

/** What admin tells of a partition; offsets are decimal. */
interface Partition {
  readonly partition: number;
  readonly offset: string;
}

/**
 * Messages between the end of each partition and what the group has committed. What nobody has committed counts from
 * the oldest message.
 */
export function lagsOf(
  ends: readonly (Partition & { readonly low: string })[],
  committed: readonly Partition[],
): Map<number, number> {
  const next = new Map(committed.map(({ partition, offset }) => [partition, Number(offset)]));
  return new Map(
    ends.map(({ partition, offset, low }) => {
      const from = Math.max(next.get(partition) ?? -1, Number(low));
      return [partition, Math.max(0, Number(offset) - from)];
    }),
  );
}

/**
 * Asks the broker how far behind the group is, again and again: what was fetched last says nothing while the intake
 * is paused or stuck, which is when the lag matters. While the broker does not answer, the last lags stand.
 */
export class ConsumerLag {
  readonly #settings: Pick<StreamSettings, 'kafka' | 'groupId' | 'topics'>;
  readonly #tell: (lags: ReadonlyMap<number, number>) => void;
  readonly #stopping = new AbortController();
  #admin: Admin | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    settings: Pick<StreamSettings, 'kafka' | 'groupId' | 'topics'>,
    tell: (lags: ReadonlyMap<number, number>) => void,
  ) {
    this.#settings = settings;
    this.#tell = tell;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#disconnect();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        this.#tell(await this.#read());
      } catch {
        // Who reads and who writes say that the broker is away.
        await this.#disconnect();
      }
      await pause(EVERY_MS, signal);
    }
  }

  async #read(): Promise<Map<number, number>> {
    const { groupId, topics } = this.#settings;
    this.#admin ??= await this.#connect();
    const [ends, committed] = await Promise.all([
      this.#admin.fetchTopicOffsets(topics.input),
      this.#admin.fetchOffsets({ groupId, topics: [topics.input] }),
    ]);
    return lagsOf(ends, committed[0]?.partitions ?? []);
  }

  async #connect(): Promise<Admin> {
    const admin = (await kafkaClient(this.#settings.kafka, RETRIES)).admin();
    await admin.connect();
    return admin;
  }

  async #disconnect(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.disconnect().catch(() => undefined);
  }
}
