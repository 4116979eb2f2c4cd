import { expect } from 'chai';
import { retryDelayMs } from '../../../src/stream/retry-delay.js';

describe('the delay before a message is tried again', () => {
  it('doubles with each failure, up to five seconds', () => {
    expect([1, 2, 3, 4].map((failures) => retryDelayMs(failures, 0, 1))).to.deep.equal([100, 200, 400, 800]);
    expect(retryDelayMs(1_000_000, 0, 1)).to.equal(5_000);
  });

  it('is by half a matter of chance', () => {
    expect(retryDelayMs(3, 0, 0)).to.equal(200);
    expect(retryDelayMs(3, 0, 0.5)).to.equal(300);
  });

  it('is never shorter than the tier asked for, within a minute', () => {
    expect(retryDelayMs(1, 2, 0)).to.equal(2_050);
    expect(retryDelayMs(1, 86_400, 0)).to.equal(60_050);
  });
});
