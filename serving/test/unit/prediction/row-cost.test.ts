import { expect } from 'chai';
import { RowCost } from '../../../src/prediction/row-cost.js';

function costAfter(...measurements: readonly number[]): number {
  const cost = new RowCost();
  for (const measurement of measurements) cost.add(measurement);
  return cost.milliseconds;
}

function times(count: number, measurement: number): number[] {
  return new Array<number>(count).fill(measurement);
}

describe('RowCost', () => {
  it('is nothing before the first measurement', () => {
    expect(costAfter()).to.equal(0);
  });

  it('is the least of the first measurements, whichever of them were disturbed', () => {
    expect(costAfter(900, 0.03, 0.01, 40, 0.02)).to.equal(0.01);
  });

  it('hardly moves when the process had to wait for a core', () => {
    expect(costAfter(...times(20, 0.01), 1_400)).to.be.within(0.01, 0.0111);
  });

  it('follows calls that are slower for good', () => {
    expect(costAfter(...times(20, 0.01), ...times(60, 1))).to.be.closeTo(1, 0.1);
  });

  it('follows calls that are faster at once', () => {
    expect(costAfter(...times(20, 1), ...times(10, 0.1))).to.be.below(0.15);
  });

  it('rises from a call that was too short for the clock', () => {
    expect(costAfter(0, ...times(200, 0.01))).to.be.closeTo(0.01, 0.001);
  });

  it('lets a call take as many rows as ten milliseconds have room for, at least one, and knows none at first', () => {
    const rowsAt = (milliseconds: number, limit: number): number | undefined => {
      const cost = new RowCost();
      cost.add(milliseconds);
      return cost.rowsOfACall(limit);
    };
    expect(new RowCost().rowsOfACall(256)).to.equal(undefined);
    expect([rowsAt(0.5, 256), rowsAt(0.5, 7), rowsAt(25, 256)]).to.deep.equal([20, 7, 1]);
  });
});
