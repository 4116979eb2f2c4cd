import { expect } from 'chai';
import type { ElementType, Histogram } from '../../../src/model-package/manifest.js';
import { columnBins, type ColumnValues } from '../../../src/quality/column-bins.js';

const AMOUNTS: Histogram = { kind: 'numeric', edges: [0.1, 10], counts: [1, 2, 3], missing: 4 };

function counted(histogram: Histogram, type: ElementType, values: ColumnValues): number[] {
  const bins = columnBins(histogram, type)!;
  const counts = new Float64Array(bins.reference.length);
  bins.count(values, 0, values.length, 1, 1, counts, 0);
  return [...counts];
}

describe('columnBins', () => {
  it('has the counts of the reference, then bins for what a reference has no name for', () => {
    const numeric = columnBins(AMOUNTS, 'float64')!;
    expect([...numeric.reference]).to.deep.equal([1, 2, 3, 4]);
    expect([numeric.missingBin, numeric.unseenBin]).to.deep.equal([3, undefined]);
    const categorical = columnBins(
      { kind: 'categorical', categories: ['a', 'b'], counts: [7, 8], missing: 9 },
      'string',
    )!;
    expect([...categorical.reference]).to.deep.equal([7, 8, 0, 9]);
    expect([categorical.unseenBin, categorical.missingBin]).to.deep.equal([2, 3]);
  });

  it('closes a bin with its upper edge, as the training side does, and leaves the outer ones open', () => {
    const values = Float64Array.of(-1e300, 0.1, 0.100001, 10, 10.001, Infinity, -Infinity, NaN);
    expect(counted(AMOUNTS, 'float64', values)).to.deep.equal([3, 2, 2, 1]);
  });

  it('holds an edge against a float32 tensor as what it is in one', () => {
    // 0.1 of float32 is above 0.1 of float64: without care it would fall into the next bin.
    expect(Math.fround(0.1)).to.be.above(0.1);
    expect(counted(AMOUNTS, 'float32', Float32Array.of(0.1, 10))).to.deep.equal([1, 1, 0, 0]);
  });

  it('does the same for a category that is a fraction', () => {
    const rates: Histogram = { kind: 'categorical', categories: [0.1, 0.2], counts: [1, 1], missing: 0 };
    expect(counted(rates, 'float32', Float32Array.of(0.1, 0.2, 0.2, NaN, 0.3))).to.deep.equal([1, 2, 1, 1]);
  });

  it('counts integers of 64 bits, booleans and text', () => {
    const grades: Histogram = { kind: 'categorical', categories: [1, 2], counts: [1, 1], missing: 0 };
    expect(counted(grades, 'int64', BigInt64Array.of(1n, 2n, 2n, 3n))).to.deep.equal([1, 2, 1, 0]);
    expect(counted(AMOUNTS, 'int64', BigInt64Array.of(0n, 10n, 11n))).to.deep.equal([1, 1, 1, 0]);
    const flags: Histogram = { kind: 'categorical', categories: [false, true], counts: [1, 1], missing: 0 };
    expect(counted(flags, 'bool', Uint8Array.of(1, 0, 1))).to.deep.equal([1, 2, 0, 0]);
    const purposes: Histogram = { kind: 'categorical', categories: ['car'], counts: [1], missing: 0 };
    expect(counted(purposes, 'string', ['car', '', 'constructor'])).to.deep.equal([1, 2, 0]);
  });

  it('counts one column of a tensor, every so many rows, with a weight, beside other columns', () => {
    const bins = columnBins(AMOUNTS, 'float32')!;
    const counts = new Float64Array(2 + bins.reference.length);
    // Four rows of three values, and one that is none of ours; the column is the second, every other row is taken.
    const rows = Float32Array.of(9, 0, 9, 9, 5, 9, 9, 0, 9, 9, 50, 9, 9, 0, 9);
    bins.count(rows, 1 * 3 + 1, 4 * 3, 2 * 3, 2.5, counts, 2);
    expect([...counts]).to.deep.equal([0, 0, 0, 2.5, 2.5, 0]);
  });

  it('is none for a histogram of nothing, and for edges between texts', () => {
    expect(columnBins({ ...AMOUNTS, counts: [0, 0, 0], missing: 0 }, 'float32')).to.equal(undefined);
    expect(columnBins(AMOUNTS, 'string')).to.equal(undefined);
  });
});
