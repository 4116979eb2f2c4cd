import { expect } from 'chai';
import { LineBudget } from '../../../src/observability/line-budget.js';

describe('LineBudget', () => {
  it('gives so many lines a second, and says afterwards how many it withheld', () => {
    let nowMs = 5_000;
    const budget = new LineBudget(2, () => nowMs);
    expect([budget.take(), budget.take()]).to.deep.equal([0, 0]);
    expect([budget.take(), budget.take(), budget.take()]).to.deep.equal([undefined, undefined, undefined]);
    nowMs = 5_999;
    expect(budget.take()).to.equal(undefined);
    nowMs = 6_000;
    expect([budget.take(), budget.take(), budget.take()]).to.deep.equal([4, 0, undefined]);
  });

  it('gives none at 0', () => {
    expect(new LineBudget(0).take()).to.equal(undefined);
  });
});
