import type { Admin, Consumer, EachBatchPayload, Kafka, KafkaMessage, Message, Producer } from 'kafkajs';
import { messageOf } from '../errors.js';
import { kafkaClient } from '../kafka/kafka-client.js';
import { DEAD_LETTER_REASONS, type DeadLetterReason } from './disposition.js';
import {
  advanced,
  earliest,
  outcomeOf,
  readPositions,
  reasonOf,
  REPLAY_OUTCOMES,
  type ReplayOutcome,
  type ReplayPositions,
} from './replay-plan.js';
import { REPLAYS_HEADER, replaysOf } from './results.js';
import type { StreamSettings } from './stream-settings.js';

const RETRIES = 5;
/** Nothing came for so long although something is there. */
const STALLED_MS = 30_000;
const ALL_IN_SYNC_REPLICAS = -1;

export interface ReplayOptions {
  readonly reasons: readonly DeadLetterReason[];
  /** At most so many are sent again. */
  readonly limit: number;
  /** A message that came back so often stays where it is. */
  readonly maxReplays: number;
  /** Nothing is written and nothing is remembered. */
  readonly dryRun: boolean;
}

export interface ReplayReport {
  readonly dryRun: boolean;
  /** false: the limit was reached before the end. */
  readonly isComplete: boolean;
  /** Of the reasons that were asked for. */
  readonly reasons: Readonly<Partial<Record<DeadLetterReason, Readonly<Record<ReplayOutcome, number>>>>>;
}

/** A partition of the dead letters. */
interface Part {
  /** What was there when the replay began is before it. */
  readonly end: number;
  positions: ReplayPositions;
  /** What is read next. */
  next: number;
}

function isRead({ next, end }: Part): boolean {
  return next >= end;
}

function noOutcomes(): Record<ReplayOutcome, number> {
  return Object.fromEntries(REPLAY_OUTCOMES.map((outcome) => [outcome, 0])) as Record<ReplayOutcome, number>;
}

/** The message as it was before it became a dead letter. */
function original({ key, value, headers }: KafkaMessage): Message {
  return { key, value, headers: { [REPLAYS_HEADER]: String(replaysOf(headers) + 1) } };
}

/**
 * Sends dead letters to the topic that they came from: those that were there when it began and were not dealt with
 * by an earlier replay. What was sent is remembered only once all replicas in step have it, so that a replay that
 * is interrupted loses nothing; what it sent last may be sent twice.
 *
 * @throws when Kafka can't be asked or written to, and when another replay is under way
 */
export async function replayDeadLetters(
  settings: Pick<StreamSettings, 'kafka' | 'groupId' | 'topics'>,
  options: ReplayOptions,
): Promise<ReplayReport> {
  const kafka = await kafkaClient(settings.kafka, RETRIES);
  const admin = kafka.admin();
  const replay = new Replay(settings, options, kafka);
  try {
    await admin.connect();
    await replay.look(admin);
  } finally {
    await admin.disconnect();
  }
  return replay.run();
}

class Replay {
  readonly #topics: StreamSettings['topics'];
  readonly #groupId: string;
  readonly #options: ReplayOptions;
  readonly #consumer: Consumer;
  readonly #producer: Producer;
  readonly #parts = new Map<number, Part>();
  readonly #counts: Partial<Record<DeadLetterReason, Record<ReplayOutcome, number>>>;
  #left: number;

  constructor(
    { groupId, topics }: Pick<StreamSettings, 'groupId' | 'topics'>,
    options: ReplayOptions,
    kafka: Kafka,
  ) {
    this.#topics = topics;
    this.#groupId = `${groupId}-replay`;
    this.#options = options;
    this.#left = options.limit;
    this.#counts = Object.fromEntries(
      DEAD_LETTER_REASONS.filter((reason) => options.reasons.includes(reason)).map((reason) => [
        reason,
        noOutcomes(),
      ]),
    );
    const retry = { retries: RETRIES, restartOnFailure: () => Promise.resolve(false) };
    this.#consumer = kafka.consumer({
      groupId: this.#groupId,
      maxWaitTimeInMs: 200,
      allowAutoTopicCreation: false,
      retry,
    });
    this.#producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
  }

  /** Where it begins and where it ends. */
  async look(admin: Admin): Promise<void> {
    const { deadLetter: topic } = this.#topics;
    const { groups } = await admin.describeGroups([this.#groupId]);
    if (groups.some(({ members }) => members.length > 0)) throw new Error('Another replay is under way');
    const [ends, kept] = await Promise.all([
      admin.fetchTopicOffsets(topic),
      admin.fetchOffsets({ groupId: this.#groupId, topics: [topic] }),
    ]);
    const metadata = new Map(kept[0]?.partitions.map(({ partition, metadata: text }) => [partition, text]));
    for (const { partition, high, low } of ends) {
      const positions = readPositions(metadata.get(partition));
      const next = Math.max(Number(low), earliest(positions, this.#options.reasons));
      this.#parts.set(partition, { end: Number(high), positions, next });
    }
  }

  async run(): Promise<ReplayReport> {
    try {
      if (!this.#isOver()) await this.#readToTheEnd();
    } finally {
      await Promise.all([this.#consumer.disconnect(), this.#producer.disconnect()]);
    }
    const isComplete = [...this.#parts.values()].every(isRead);
    return { dryRun: this.#options.dryRun, isComplete, reasons: this.#counts };
  }

  #isOver(): boolean {
    return this.#left === 0 || [...this.#parts.values()].every(isRead);
  }

  async #readToTheEnd(): Promise<void> {
    const { deadLetter: topic } = this.#topics;
    const consumer = this.#consumer;
    await Promise.all([consumer.connect(), this.#producer.connect()]);
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const stalled = (): void => {
          reject(new Error(`Nothing could be read for ${STALLED_MS / 1_000} s; what was sent is remembered`));
        };
        timer = setTimeout(stalled, STALLED_MS);
        consumer.on(consumer.events.CRASH, ({ payload }) => {
          reject(payload.error);
        });
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
          // The one that came first ends with the other's partitions unread.
          const partitions = payload.memberAssignment[topic] ?? [];
          if (partitions.length < this.#parts.size) reject(new Error('Another replay is under way'));
        });
        const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
          clearTimeout(timer);
          try {
            await this.#take(payload);
            timer = setTimeout(stalled, STALLED_MS);
            if (this.#isOver()) resolve();
          } catch (error) {
            reject(new Error(messageOf(error), { cause: error }));
            throw error;
          }
        };
        consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch }).catch(reject);
        for (const [partition, part] of this.#parts) {
          consumer.seek({ topic, partition, offset: String(part.next) });
          if (isRead(part)) consumer.pause([{ topic, partitions: [partition] }]);
        }
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Writes what is to be replayed of a batch, waits until it is there, and then remembers it. */
  async #take(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const part = this.#parts.get(batch.partition);
    if (part === undefined || isRead(part) || this.#left === 0) return;
    const chosen: Message[] = [];
    const outcomes: [DeadLetterReason, ReplayOutcome][] = [];
    let next = Number(batch.lastOffset()) + 1;
    for (const message of batch.messages) {
      const offset = Number(message.offset);
      if (offset >= part.end) break;
      const reason = reasonOf(message);
      if (reason === undefined || !this.#options.reasons.includes(reason)) continue;
      if (offset < part.positions[reason]) continue;
      const outcome = outcomeOf(message, this.#topics.input, this.#options.maxReplays);
      if (outcome === 'replayed') {
        if (chosen.length === this.#left) {
          next = offset;
          break;
        }
        chosen.push(original(message));
      }
      outcomes.push([reason, outcome]);
    }
    next = Math.min(next, part.end);
    const positions = advanced(part.positions, this.#options.reasons, next);
    if (!this.#options.dryRun) {
      if (chosen.length > 0) {
        const { input: topic } = this.#topics;
        await this.#producer.send({ topic, messages: chosen, acks: ALL_IN_SYNC_REPLICAS });
      }
      const offset = String(earliest(positions, DEAD_LETTER_REASONS));
      const kept = { partition: batch.partition, offset, metadata: JSON.stringify(positions) };
      await payload.commitOffsetsIfNecessary({ topics: [{ topic: batch.topic, partitions: [kept] }] });
    }
    payload.resolveOffset(String(next - 1));
    part.positions = positions;
    part.next = next;
    // What has come since would be fetched again and again.
    if (isRead(part)) payload.pause();
    this.#left -= chosen.length;
    for (const [reason, outcome] of outcomes) this.#counts[reason]![outcome] += 1;
  }
}
