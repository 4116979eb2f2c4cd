import { expect } from 'chai';
import { dueBy, rateAt, stepAt, type Ramp } from '../../../../local/attack/ramp.js';

const RAMP: Ramp = { startRate: 100, stepRate: 50, stepSeconds: 10, maxRate: 220, maxSeconds: 60 };

describe('the ramp of an attack', () => {
  const table = [
    [0, 0, 100, 0],
    [9.9, 0, 100, 990],
    [10, 1, 150, 1_000],
    [20, 2, 200, 2_500],
    [30, 3, 220, 4_500],
    [59, 3, 220, 10_880],
  ] as const;
  for (const [second, step, rate, due] of table) {
    it(`has sent ${due} messages at ${second} s, in step ${step}, at ${rate} a second`, () => {
      expect(stepAt(second, RAMP)).to.equal(step);
      expect(rateAt(second, RAMP)).to.equal(rate);
      expect(dueBy(second, RAMP)).to.equal(due);
    });
  }

  it('is over after its time, however late somebody looks', () => {
    expect(rateAt(60, RAMP)).to.equal(0);
    expect(dueBy(60, RAMP)).to.equal(11_100);
    expect(dueBy(3_600, RAMP)).to.equal(11_100);
  });

  it('never passes its rate, however small the steps are', () => {
    const steep: Ramp = { ...RAMP, stepSeconds: 0.001, maxSeconds: 10 };
    for (let second = 0; second < 10; second += 0.37) expect(rateAt(second, steep)).to.be.at.most(220);
    expect(dueBy(10, steep)).to.be.at.most(2_200);
  });

  it('falls nowhere', () => {
    let last = 0;
    for (let ms = 0; ms < 70_000; ms += 130) {
      const due = dueBy(ms / 1_000, RAMP);
      expect(due).to.be.at.least(last);
      last = due;
    }
  });
});
