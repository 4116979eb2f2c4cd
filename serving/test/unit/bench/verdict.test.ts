import { expect } from 'chai';
import { describeVerdict, exitCodeOf, isKept } from '../../../bench/load/verdict.js';

const verdict = (measured: number) => ({ promise: 'p99', measured, limit: 2, unit: 'x' });

describe('the verdict of a benchmark', () => {
  it('is kept up to its limit', () => {
    expect([1, 2, 2.01].map(verdict).map(isKept)).to.deep.equal([true, true, false]);
    expect(describeVerdict(verdict(3))).to.equal('NOT KEPT: p99: 3.00x, at most 2.00x');
  });

  it('is not kept by what could not be measured', () => {
    expect(isKept(verdict(Number.NaN))).to.equal(false);
  });

  it('fails the run when one of them is not kept', () => {
    expect(exitCodeOf([verdict(1), verdict(3)])).to.equal(1);
    expect(exitCodeOf([verdict(1)])).to.equal(0);
  });
});
