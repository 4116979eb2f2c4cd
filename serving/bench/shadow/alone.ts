import { Registry } from 'prom-client';
import { PredictionMetrics } from '../../src/metrics/predictions.js';
import { costOf } from '../load/cost-of-a-call.js';

const LARGE_ROWS = 10_000;

/** CPU of counting scores, in microseconds, with no server around it. */
export interface ScoreCosts {
  /** Of a request of one row. */
  readonly oneRowUs: number;
  /** Of a request of ten thousand. */
  readonly manyRowsUs: number;
}

/** Measures what every answered row of a binary classifier pays for `serving_prediction_score`. */
export async function scoreCosts(calls: number): Promise<ScoreCosts> {
  const series = new PredictionMetrics(new Registry()).series('toy', '1', 'champion');
  const scores = Float32Array.from({ length: LARGE_ROWS }, () => Math.random());
  return {
    oneRowUs: await costOf(calls, (i) => {
      const row = i % LARGE_ROWS;
      series.observeScores(scores, row, row + 1);
    }),
    manyRowsUs: await costOf(Math.ceil(calls / 1_000), () => {
      series.observeScores(scores, 0, LARGE_ROWS);
    }),
  };
}
