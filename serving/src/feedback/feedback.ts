import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { KafkaTopic } from '../kafka/kafka-topic.js';
import { FeedbackMetrics } from '../metrics/feedback.js';
import type { FeedbackSettings, FeedbackTarget } from './feedback-settings.js';
import { OutcomeStore } from './outcome-store.js';
import { PredictionLog } from './prediction-log.js';
import type { RecordSink } from './record-sink.js';
import { SegmentFolder } from './segment-folder.js';

/** What is kept of predictions, and what becomes of them later. */
export interface Feedback {
  readonly predictions: PredictionLog;
  readonly outcomes: OutcomeStore;
  readonly metrics: FeedbackMetrics;
  /** Writes what is left. */
  close(): Promise<void>;
}

/** Nothing is opened before there is something to write, so that neither disk nor broker can keep a tier from starting. */
export function startFeedback(
  { target, predictions: options }: FeedbackSettings,
  registry: Registry,
  log: Logger,
): Feedback {
  const metrics: FeedbackMetrics = new FeedbackMetrics(registry, () => predictions.queuedBytes);
  const predictions = new PredictionLog(predictionSink(target, metrics), options, metrics, log);
  const outcomes = new OutcomeStore(outcomeSink(target), (result, count) => {
    metrics.outcomes(result, count);
  });
  return {
    predictions,
    outcomes,
    metrics,
    async close() {
      await Promise.all([predictions.close(), outcomes.close()]);
    },
  };
}

/** Best effort: a row that is lost is one row of many. */
function predictionSink(target: FeedbackTarget, metrics: FeedbackMetrics): RecordSink {
  if (target.kind === 'kafka') return new KafkaTopic(target.kafka, target.predictionTopic, 'leader');
  return new SegmentFolder({
    ...target,
    prefix: 'predictions',
    maxBytes: target.maxPredictionBytes,
    whenFull: 'delete-oldest',
    durable: false,
    deleted: (bytes) => {
      metrics.deleted(bytes);
    },
  });
}

/** An outcome that was accepted is kept, whatever happens to this process or its machine. */
function outcomeSink(target: FeedbackTarget): RecordSink {
  if (target.kind === 'kafka') return new KafkaTopic(target.kafka, target.outcomeTopic, 'all-replicas');
  return new SegmentFolder({
    ...target,
    prefix: 'outcomes',
    maxBytes: target.maxOutcomeBytes,
    whenFull: 'refuse',
    durable: true,
  });
}
