import { Counter, Gauge, type Registry } from 'prom-client';

/** What becomes of a predicted row. */
export const LOGGED_ROW_RESULTS = ['written', 'not_sampled', 'queue_full', 'write_failed'] as const;
export type LoggedRowResult = (typeof LOGGED_ROW_RESULTS)[number];

/** What becomes of an outcome that a client brings, or of a request with outcomes that are refused. */
export const OUTCOME_RESULTS = ['accepted', 'duplicate', 'refused', 'not_stored'] as const;
export type OutcomeResult = (typeof OUTCOME_RESULTS)[number];

/** The prediction log and the outcomes that come back. */
export class FeedbackMetrics {
  /** Counted by hand: labels looked up for each request would cost as much as the copy of a row. */
  readonly #pendingRows: Record<LoggedRowResult, number>;
  readonly #bytes: Counter;
  readonly #deleted: Counter;
  readonly #outcomes: Counter<'result'>;

  /** @param queuedBytes that wait to be written now */
  constructor(registry: Registry, queuedBytes: () => number) {
    const registers = [registry];
    const pending = Object.fromEntries(LOGGED_ROW_RESULTS.map((result) => [result, 0])) as Record<
      LoggedRowResult,
      number
    >;
    this.#pendingRows = pending;
    new Counter({
      name: 'serving_prediction_log_rows_total',
      help: 'Predicted rows by what became of them: written, not_sampled, or dropped because of queue_full or write_failed',
      labelNames: ['result'],
      registers,
      collect() {
        for (const result of LOGGED_ROW_RESULTS) {
          this.inc({ result }, pending[result]);
          pending[result] = 0;
        }
      },
    });
    this.#bytes = new Counter({
      name: 'serving_prediction_log_written_bytes_total',
      help: 'Bytes of the prediction log that were written',
      registers,
    });
    this.#deleted = new Counter({
      name: 'serving_prediction_log_deleted_bytes_total',
      help: 'Bytes of old files of the prediction log that were deleted because of PREDICTION_LOG_MAX_BYTES',
      registers,
    });
    new Gauge({
      name: 'serving_prediction_log_queue_bytes',
      help: 'Memory of rows that wait to be written; PREDICTION_LOG_QUEUE_BYTES bounds it in each worker',
      registers,
      collect() {
        this.set(queuedBytes());
      },
    });
    this.#outcomes = new Counter({
      name: 'serving_outcomes_total',
      help: 'Outcomes by what became of them: accepted, duplicate, or not_stored, which is answered with 503; refused counts requests, since what is refused can not always be counted',
      labelNames: ['result'],
      registers,
    });
    for (const result of OUTCOME_RESULTS) this.#outcomes.inc({ result }, 0);
  }

  rows(result: LoggedRowResult, count: number): void {
    this.#pendingRows[result] += count;
  }

  written(bytes: number): void {
    this.#bytes.inc(bytes);
  }

  deleted(bytes: number): void {
    this.#deleted.inc(bytes);
  }

  outcomes(result: OutcomeResult, count: number): void {
    this.#outcomes.inc({ result }, count);
  }
}
