import { expect } from 'chai';
import fc from 'fast-check';
import { retryDelayMs } from '../../../src/servables/backoff.js';

describe('retryDelayMs, after any number of failures', () => {
  const failures = fc.oneof(
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 1 }),
  );

  it('is at least the first and at most the longest delay', () => {
    fc.assert(
      fc.property(failures, (count) => {
        expect(retryDelayMs(count, true)).to.be.within(1_000, 60_000);
        expect(retryDelayMs(count, false)).to.be.within(60_000, 3_600_000);
      }),
    );
  });

  it('doubles with each failure until it is the longest', () => {
    fc.assert(
      fc.property(failures, fc.boolean(), (count, transient) => {
        const longest = retryDelayMs(Number.MAX_SAFE_INTEGER, transient);
        expect(retryDelayMs(count + 1, transient)).to.equal(
          Math.min(longest, 2 * retryDelayMs(count, transient)),
        );
      }),
    );
  });

  it('leaves bytes that are known to be bad alone for longer', () => {
    fc.assert(
      fc.property(failures, (count) => {
        expect(retryDelayMs(count, false)).to.be.above(retryDelayMs(count, true));
      }),
    );
  });
});
