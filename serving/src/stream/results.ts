import type { IHeaders } from 'kafkajs';
import type { Application } from './application.js';
import type { DeadLetterReason } from './disposition.js';
import type { StreamTopics } from './stream-settings.js';
import type { Score } from './tier-client.js';

/** Where a message stands in Kafka, and what of it is kept. */
export interface Source {
  readonly partition: number;
  readonly offset: string;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders | undefined;
}

/** A message to be written. */
export interface Result {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders;
}

/** On a dead letter that was sent again, and on the dead letter that it becomes then: how often it was. */
export const REPLAYS_HEADER = 'replays';

/** Headers of a dead letter: what is wrong with it, and where it was. */
export const DEAD_LETTER_HEADERS = {
  reason: 'reason',
  detail: 'detail',
  topic: 'source-topic',
  partition: 'source-partition',
  offset: 'source-offset',
  /** true where the value or the key is not whole. */
  truncated: 'truncated',
} as const;

/** @returns how often the message was sent again; 0 also where the header is none of a replay's */
export function replaysOf(headers: IHeaders | undefined): number {
  const text = String(headers?.[REPLAYS_HEADER] ?? '');
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** @param now when the tier answered */
export function scoreOf(
  source: Source,
  { id, requestId }: Application,
  { model, version, outputs }: Score,
  topics: StreamTopics,
  now: Date,
): Result {
  const value = {
    application_id: id,
    request_id: requestId,
    model,
    version,
    outputs,
    scored_at: now.toISOString(),
    source: { topic: topics.input, partition: source.partition, offset: source.offset },
  };
  return { topic: topics.output, key: source.key, value: Buffer.from(JSON.stringify(value)) };
}

/**
 * The message as it was, with the reason in its headers.
 *
 * @param maxBytes beyond which key and value are cut off
 */
export function deadLetterOf(
  source: Source,
  { reason, detail }: { readonly reason: DeadLetterReason; readonly detail: string },
  topics: StreamTopics,
  maxBytes: number,
): Result {
  const key = source.key?.subarray(0, maxBytes) ?? null;
  const value = source.value?.subarray(0, maxBytes - (key?.length ?? 0)) ?? null;
  const replays = replaysOf(source.headers);
  const isWhole = key?.length === source.key?.length && value?.length === source.value?.length;
  return {
    topic: topics.deadLetter,
    key,
    value,
    headers: {
      [DEAD_LETTER_HEADERS.reason]: reason,
      [DEAD_LETTER_HEADERS.detail]: detail,
      [DEAD_LETTER_HEADERS.topic]: topics.input,
      [DEAD_LETTER_HEADERS.partition]: String(source.partition),
      [DEAD_LETTER_HEADERS.offset]: source.offset,
      ...(!isWhole && { [DEAD_LETTER_HEADERS.truncated]: 'true' }),
      // Or it would be sent again for ever.
      ...(replays > 0 && { [REPLAYS_HEADER]: String(replays) }),
    },
  };
}
