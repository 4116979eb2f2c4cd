import { expect } from 'chai';
import { retryDelayMs } from '../../../src/servables/backoff.js';

describe('retryDelayMs', () => {
  const SECOND = 1_000;
  const MINUTE = 60 * SECOND;

  it('tries what may pass by itself again soon, then ever more rarely, up to a minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((failures) => retryDelayMs(failures, true) / SECOND);
    expect(delays).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('leaves known bad bytes alone for a minute, then ever longer, up to an hour', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((failures) => retryDelayMs(failures, false) / MINUTE);
    expect(delays).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  for (const transient of [true, false]) {
    it(`stays finite and never shrinks over a year of ${transient ? 'passing' : 'lasting'} failures`, () => {
      let last = 0;
      for (const failures of [1, 10, 31, 32, 1_000, 500_000]) {
        const delay = retryDelayMs(failures, transient);
        expect(delay).to.be.within(Math.max(last, 1), 60 * MINUTE);
        last = delay;
      }
    });
  }
});
