import { expect } from 'chai';
import { compareWithHistory, describeComparisons, type Run } from '../../../../bench/history/history.js';

const PROMISE = 'CPU of one row beside bare node:http';
const run = (figure: number): Run => ({
  commit: 'abc',
  at: '2026-01-01T00:00:00.000Z',
  figures: { [PROMISE]: figure },
});
const verdict = (measured: number, limit = 1.6) => ({ promise: PROMISE, measured, limit, unit: 'x' });

describe('compareWithHistory', () => {
  const earlier = [2, 2.2, 2.1, 9].map(run);

  for (const [measured, worse] of [
    [2.1, false],
    [3.2, false],
    [3.3, true],
    [Number.NaN, true],
  ] as const) {
    it(`finds ${measured} ${worse ? 'worse than' : 'as good as'} a usual 2.15, whatever one bad night said`, () => {
      const [compared] = compareWithHistory([verdict(measured)], earlier);
      expect(compared?.usual).to.be.closeTo(2.15, 1e-9);
      expect(compared?.worse).to.equal(worse);
    });
  }

  it('says nothing of what has been measured less than three times', () => {
    const [compared] = compareWithHistory([verdict(100)], earlier.slice(0, 2));
    expect(compared).to.include({ usual: undefined, worse: false });
  });

  it('forgets what was long ago', () => {
    const recent = Array.from({ length: 20 }, () => run(5));
    const [compared] = compareWithHistory([verdict(6)], [...earlier, ...recent]);
    expect(compared).to.include({ usual: 5, worse: false });
  });

  it('lets the promise decide where nothing was usual, as with failed requests', () => {
    const none = [0, 0, 0].map(run);
    expect(compareWithHistory([verdict(0, 0)], none)[0]?.worse).to.equal(false);
    expect(compareWithHistory([verdict(1, 0)], none)[0]?.worse).to.equal(true);
  });
});

describe('describeComparisons', () => {
  it('shows what is usual, and what somebody should look at', () => {
    const [last] = describeComparisons(compareWithHistory([verdict(9)], [2, 2, 2].map(run)))
      .split('\n')
      .slice(-1);
    expect(last).to.equal(`| ${PROMISE} | 9.00x | 1.60x | 2.00x | **worse than usual** |`);
  });
});
