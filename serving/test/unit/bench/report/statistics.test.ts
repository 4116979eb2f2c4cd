import { expect } from 'chai';
import { quantile, slope, spreadOf } from '../../../../bench/report/statistics.js';

describe('statistics of a benchmark', () => {
  it('interpolates between neighbours', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).to.equal(2.5);
    expect(quantile([10, 20], 0.99)).to.be.closeTo(19.9, 1e-9);
  });

  it('sorts numbers as numbers', () => {
    expect(spreadOf([100, 20, 3])).to.deep.equal({ median: 20, lowest: 3, highest: 100 });
  });

  it('has no figure for no values', () => {
    expect(quantile([], 0.5)).to.be.NaN;
  });

  it('fits a slope through noise', () => {
    expect(slope([0, 3, 3, 6])).to.be.closeTo(1.8, 1e-9);
  });
});
