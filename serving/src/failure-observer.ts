import type { Logger } from 'pino';
import { messageOf } from './errors.js';
import type { PredictionFailureMetrics } from './metrics/prediction-failures.js';
import { LineBudget } from './observability/line-budget.js';
import type { FailureObserver } from './prediction/failed-attempts.js';

/** A version that throws does so at every request: the first of a second says all. */
const LINES_PER_SECOND = 1;

/** Counts failed attempts, and writes those into the log of which no answer tells. */
export function failureObserver(
  metrics: PredictionFailureMetrics,
  log: Logger,
  budget = new LineBudget(LINES_PER_SECOND),
): FailureObserver {
  return {
    failed({ servable: { modelName, version }, alias, error }) {
      metrics.failed(modelName, version, alias, error.code);
    },
    answeredByAnother({ servable: { modelName, version }, alias, requestId, error }) {
      metrics.answeredByAnother(modelName, version, alias);
      const withheld = budget.take();
      if (withheld === undefined) return;
      log.warn(
        {
          model: modelName,
          version,
          alias,
          code: error.code,
          request_id: requestId,
          ...(error.cause !== undefined && { cause: messageOf(error.cause) }),
          ...(withheld > 0 && { withheld }),
        },
        'another version answered what this one could not compute',
      );
    },
  };
}
