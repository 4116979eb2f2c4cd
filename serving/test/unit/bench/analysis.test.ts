import { expect } from 'chai';
import { p99OfAnswersIn, summarise } from '../../../bench/load/generator/analysis.js';
import { NO_ANSWER, type Samples } from '../../../bench/load/generator/plan.js';

/** @param requests due, latency, status */
function samples(...requests: readonly (readonly [number, number, number])[]): Samples {
  return {
    name: 'any',
    dueMs: Float64Array.from(requests, ([due]) => due),
    latencyMs: Float64Array.from(requests, ([, latency]) => latency),
    status: Uint16Array.from(requests, ([, , status]) => status),
  };
}

describe('the summary of a load', () => {
  it('counts what was shed apart from what failed, and times answers only', () => {
    const summary = summarise(
      [
        samples([0, 10, 200], [1, 500, 429], [2, 500, 503]),
        samples([3, 900, NO_ANSWER], [4, 900, 500], [5, 20, 200]),
      ],
      { fromMs: 0, toMs: 1_000 },
    );
    expect(summary).to.include({
      requests: 6,
      answered: 2,
      shed: 2,
      failed: 2,
      answeredPerSecond: 2,
      maxMs: 20,
    });
  });

  it('asks when a request was due, not when it ended', () => {
    const window = { fromMs: 0, toMs: 100 };
    expect(summarise([samples([99, 5_000, 200], [100, 1, 200])], window)).to.include({
      requests: 1,
      maxMs: 5_000,
    });
  });

  it('shows growing waits at the time of the answer', () => {
    const waiting = samples([0, 100, 200], [1, 999, 200], [2, 2_000, 200], [3, 2_000, NO_ANSWER]);
    expect(p99OfAnswersIn([waiting], { fromMs: 0, toMs: 500 })).to.equal(100);
    expect(p99OfAnswersIn([waiting], { fromMs: 1_000, toMs: 1_500 })).to.equal(999);
    expect(p99OfAnswersIn([waiting], { fromMs: 2_000, toMs: 9_000 })).to.equal(2_000);
    expect(p99OfAnswersIn([waiting], { fromMs: 500, toMs: 1_000 })).to.be.NaN;
  });
});
