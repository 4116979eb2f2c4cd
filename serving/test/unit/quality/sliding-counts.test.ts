import { expect } from 'chai';
import { SlidingCounts } from '../../../src/quality/sliding-counts.js';

describe('SlidingCounts', () => {
  const MINUTE = 60_000;

  /** One row into the first of two bins. */
  function add(window: SlidingCounts, nowMs: number, weight = 1): void {
    window.add(1, weight, nowMs)[0]! += weight;
  }

  it('adds up what the window holds', () => {
    const window = new SlidingCounts(2, 60 * MINUTE, 12);
    add(window, 0);
    add(window, 30 * MINUTE, 3);
    const { counts, weight, squaredWeight } = window.read(31 * MINUTE);
    expect([...counts]).to.deep.equal([4, 0]);
    expect([weight, squaredWeight]).to.deep.equal([4, 10]);
  });

  it('lets go of a part when its time is over, and of nothing younger', () => {
    const window = new SlidingCounts(2, 60 * MINUTE, 12);
    add(window, 4 * MINUTE);
    add(window, 5 * MINUTE);
    expect(window.read(60 * MINUTE - 1).weight).to.equal(2);
    expect(window.read(60 * MINUTE).weight).to.equal(1);
    expect(window.read(65 * MINUTE).weight).to.equal(0);
  });

  it('starts a part at nothing when the ring comes round to it', () => {
    const window = new SlidingCounts(2, 60 * MINUTE, 12);
    add(window, 0, 5);
    add(window, 60 * MINUTE);
    const { counts, squaredWeight } = window.read(60 * MINUTE);
    expect([...counts]).to.deep.equal([1, 0]);
    expect(squaredWeight).to.equal(1);
  });

  it('holds nothing after a pause longer than the window', () => {
    const window = new SlidingCounts(2, 60 * MINUTE, 12);
    for (let minute = 0; minute < 60; minute += 1) add(window, minute * MINUTE);
    expect(window.read(10_000 * MINUTE).weight).to.equal(0);
  });
});
