import { z } from 'zod';
import { kafkaSettings, kafkaVariables, type KafkaSettings } from '../kafka/kafka-settings.js';

const positive = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const MEBIBYTE = 1024 ** 2;

/** What is kept of predictions, and which outcomes are taken: variables of the environment, which config.ts reads. */
export const feedbackVariables = z.object({
  /** Where predictions and outcomes go: files of a folder, Kafka, or nowhere; `/outcomes` is then off. */
  PREDICTION_LOG: z.enum(['off', 'file', 'kafka']).default('file'),
  /** The folder. Not writable: rows are dropped and counted, outcomes are refused with 503. */
  PREDICTION_LOG_DIR: z.string().min(1).default('.cache/feedback'),
  /** Share of the requests that are logged, 0 to 1, chosen by a hash of the request id. */
  PREDICTION_LOG_SAMPLE_RATE: z.coerce.number().min(0).max(1).default(1),
  /** Rows that each process logs a second; of more, a smaller share is logged. Higher: CPU, some microseconds a row, and disk. */
  PREDICTION_LOG_ROWS_PER_SECOND: positive(1_000),
  /** Rows of one request that are logged; of a larger one every second, third, ... row. */
  PREDICTION_LOG_ROWS_PER_REQUEST: positive(100),
  /** Names of features that are never written. A name that no model has does nothing. */
  PREDICTION_LOG_REDACT: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .default([]),
  /** Memory of rows that wait to be written; more are dropped and counted. */
  PREDICTION_LOG_QUEUE_BYTES: positive(16 * MEBIBYTE),
  /** A file of this size is followed by the next. */
  PREDICTION_LOG_SEGMENT_BYTES: positive(64 * MEBIBYTE),
  /** So is one of this age. */
  PREDICTION_LOG_SEGMENT_MINUTES: z.coerce.number().positive().max(10_080).default(15),
  /** Of all prediction files in the folder; beyond it the oldest are deleted. Not below four segments. */
  PREDICTION_LOG_MAX_BYTES: positive(1024 * MEBIBYTE),
  /** Outcomes in one request; more get 413. */
  OUTCOMES_MAX_PER_REQUEST: z.coerce.number().int().positive().max(100_000).default(1_000),
  /** An outcome that was observed later than this after now is refused: a clock is wrong. */
  OUTCOMES_MAX_CLOCK_SKEW_SECONDS: z.coerce.number().nonnegative().default(300),
  /** Of all outcome files in the folder; beyond it outcomes are refused with 503, since none is ever deleted here. */
  OUTCOMES_MAX_BYTES: positive(1024 * MEBIBYTE),
  /** Topics; they must be there, or the brokers must be willing to make them. */
  KAFKA_PREDICTION_TOPIC: z.string().min(1).default('prediction-log'),
  KAFKA_OUTCOME_TOPIC: z.string().min(1).default('prediction-outcomes'),
  ...kafkaVariables.shape,
});

/** Where records go. */
export type FeedbackTarget =
  | {
      readonly kind: 'file';
      readonly directory: string;
      readonly segmentBytes: number;
      readonly segmentAgeMs: number;
      readonly maxPredictionBytes: number;
      readonly maxOutcomeBytes: number;
    }
  | {
      readonly kind: 'kafka';
      readonly kafka: KafkaSettings;
      readonly predictionTopic: string;
      readonly outcomeTopic: string;
    };

export interface FeedbackSettings {
  readonly target: FeedbackTarget;
  readonly predictions: {
    /** 0 to 1. */
    readonly sampleRate: number;
    readonly rowsPerSecond: number;
    readonly rowsPerRequest: number;
    readonly redacted: readonly string[];
    readonly queueBytes: number;
  };
  readonly outcomes: {
    readonly maxPerRequest: number;
    readonly maxClockSkewMs: number;
  };
}

/** Fewer files than this, and a reader may find the one that it reads gone. */
const LEAST_SEGMENTS = 4;

function targetOf(raw: z.infer<typeof feedbackVariables>): FeedbackTarget {
  const kafka = kafkaSettings(raw);
  if (raw.PREDICTION_LOG === 'kafka') {
    if (kafka === undefined) throw new Error('KAFKA_BROKERS: needed for PREDICTION_LOG=kafka');
    return {
      kind: 'kafka',
      kafka,
      predictionTopic: raw.KAFKA_PREDICTION_TOPIC,
      outcomeTopic: raw.KAFKA_OUTCOME_TOPIC,
    };
  }
  const { PREDICTION_LOG_SEGMENT_BYTES: segmentBytes, PREDICTION_LOG_MAX_BYTES: maxPredictionBytes } = raw;
  if (maxPredictionBytes < LEAST_SEGMENTS * segmentBytes) {
    throw new Error(
      `PREDICTION_LOG_MAX_BYTES: less than ${LEAST_SEGMENTS} times PREDICTION_LOG_SEGMENT_BYTES, so that what is to be read would soon be deleted`,
    );
  }
  return {
    kind: 'file',
    directory: raw.PREDICTION_LOG_DIR,
    segmentBytes,
    segmentAgeMs: raw.PREDICTION_LOG_SEGMENT_MINUTES * 60_000,
    maxPredictionBytes,
    maxOutcomeBytes: raw.OUTCOMES_MAX_BYTES,
  };
}

/**
 * @returns undefined: nothing is kept
 * @throws {Error} when they do not go together
 */
export function feedbackSettings(raw: z.infer<typeof feedbackVariables>): FeedbackSettings | undefined {
  const target = targetOf(raw);
  if (raw.PREDICTION_LOG === 'off') return undefined;
  return {
    target,
    predictions: {
      sampleRate: raw.PREDICTION_LOG_SAMPLE_RATE,
      rowsPerSecond: raw.PREDICTION_LOG_ROWS_PER_SECOND,
      rowsPerRequest: raw.PREDICTION_LOG_ROWS_PER_REQUEST,
      redacted: raw.PREDICTION_LOG_REDACT,
      queueBytes: raw.PREDICTION_LOG_QUEUE_BYTES,
    },
    outcomes: {
      maxPerRequest: raw.OUTCOMES_MAX_PER_REQUEST,
      maxClockSkewMs: raw.OUTCOMES_MAX_CLOCK_SKEW_SECONDS * 1_000,
    },
  };
}
