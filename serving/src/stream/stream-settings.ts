import { z } from 'zod';
import { kafkaSettings, kafkaVariables, type KafkaSettings } from '../kafka/kafka-settings.js';

const positive = (fallback: number) => z.coerce.number().int().positive().default(fallback);
/** As Kafka allows them. */
const topic = (fallback: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/)
    .default(fallback);

/** What the stream can be told: variables of the environment, which config.ts reads. */
export const streamVariables = z.object({
  ...kafkaVariables.shape,
  /** Replicas of one group share the partitions. Another name reads everything again from the beginning. */
  STREAM_GROUP_ID: z.string().min(1).max(249).default('stream-scoring'),
  /** Applications: key is the application's id, value a JSON object with one row of features. */
  STREAM_INPUT_TOPIC: topic('credit-applications'),
  /** Scores, under the same keys. */
  STREAM_OUTPUT_TOPIC: topic('credit-scores'),
  /** What can't be scored, as it was, with the reason in its headers. */
  STREAM_DEAD_LETTER_TOPIC: topic('credit-applications-dead-letter'),
  /** Of the serving tier. Wrong: nothing is scored, nothing is lost, and the lag grows. */
  STREAM_TIER_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8080'),
  /** Holds the key that the tier asks for, and nothing else; read again when the tier refuses it. */
  STREAM_API_KEY_FILE: z.string().min(1).optional(),
  /** Requests to the tier at once. Too few: the tier idles. Too many: it sheds them, and they come again. */
  STREAM_MAX_IN_FLIGHT: positive(64).pipe(z.number().max(4_096)),
  /** Key and value of one message; larger ones become dead letters. The dead-letter topic must take as much. */
  STREAM_MAX_MESSAGE_BYTES: positive(64 * 1024).pipe(z.number().max(900_000)),
  /** For one answer of the tier. Too short: good applications are asked for again and again. */
  STREAM_REQUEST_TIMEOUT_MS: positive(5_000),
  /** A message that the tier fails on so often while it answers others becomes a dead letter. */
  STREAM_POISON_ATTEMPTS: positive(8),
  /** Connections to the tier are closed at this age, so that new replicas get their share. */
  STREAM_CONNECTION_SECONDS: positive(30),
  /** After so long without a sign of life, the group gives this one's partitions to others. Not below the broker's least. */
  STREAM_SESSION_TIMEOUT_SECONDS: positive(10),
  STREAM_HOST: z.string().min(1).default('127.0.0.1'),
  /** Metrics and health. */
  STREAM_PORT: z.coerce.number().int().min(0).max(65_535).default(8084),
  /** On SIGTERM, for what is in flight; what is not finished by then is scored again by whoever comes next. */
  STREAM_SHUTDOWN_TIMEOUT_SECONDS: positive(20),
});

export interface StreamTopics {
  readonly input: string;
  readonly output: string;
  readonly deadLetter: string;
}

export interface StreamTierSettings {
  /** Without a slash at the end. */
  readonly url: string;
  readonly apiKeyFile: string | undefined;
  readonly timeoutMs: number;
  /** Age at which a connection is closed. */
  readonly connectionMs: number;
  readonly maxConnections: number;
}

/** What the stream works with. */
export interface StreamSettings {
  readonly kafka: KafkaSettings;
  readonly groupId: string;
  readonly topics: StreamTopics;
  readonly tier: StreamTierSettings;
  readonly maxInFlight: number;
  readonly maxMessageBytes: number;
  readonly poisonAttempts: number;
  readonly sessionTimeoutMs: number;
  readonly host: string;
  readonly port: number;
  readonly shutdownTimeoutMs: number;
}

/** @throws {Error} without brokers, or when two topics are the same */
export function streamSettings(raw: z.infer<typeof streamVariables>): StreamSettings {
  const kafka = kafkaSettings(raw);
  if (kafka === undefined) throw new Error('KAFKA_BROKERS: the stream needs them');
  const topics = {
    input: raw.STREAM_INPUT_TOPIC,
    output: raw.STREAM_OUTPUT_TOPIC,
    deadLetter: raw.STREAM_DEAD_LETTER_TOPIC,
  };
  if (new Set(Object.values(topics)).size < 3) {
    throw new Error(
      'STREAM_INPUT_TOPIC: input, output and dead letters must differ, or the stream reads what it writes',
    );
  }
  return {
    kafka,
    groupId: raw.STREAM_GROUP_ID,
    topics,
    tier: {
      url: raw.STREAM_TIER_URL.replace(/\/+$/, ''),
      apiKeyFile: raw.STREAM_API_KEY_FILE,
      timeoutMs: raw.STREAM_REQUEST_TIMEOUT_MS,
      connectionMs: raw.STREAM_CONNECTION_SECONDS * 1_000,
      maxConnections: raw.STREAM_MAX_IN_FLIGHT,
    },
    maxInFlight: raw.STREAM_MAX_IN_FLIGHT,
    maxMessageBytes: raw.STREAM_MAX_MESSAGE_BYTES,
    poisonAttempts: raw.STREAM_POISON_ATTEMPTS,
    sessionTimeoutMs: raw.STREAM_SESSION_TIMEOUT_SECONDS * 1_000,
    host: raw.STREAM_HOST,
    port: raw.STREAM_PORT,
    shutdownTimeoutMs: raw.STREAM_SHUTDOWN_TIMEOUT_SECONDS * 1_000,
  };
}
