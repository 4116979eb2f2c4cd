import { expect } from 'chai';
import { stringify } from 'yaml';
import { WATCH_PLAN, WHOLE_WAY_PLAN } from '../../../../local/rollback-demo/demo-settings.js';
import { DEFAULT_PLAN } from '../../../../src/rollout/default-plan.js';
import { readPlan } from '../../../../src/rollout/plan.js';

describe('the plans of the demonstration', () => {
  it('are such that a rollout follows them, in the steps and with the certainty of the shipped one', () => {
    const plan = readPlan(stringify(WHOLE_WAY_PLAN));
    expect(plan.canary.percents).to.deep.equal(DEFAULT_PLAN.canary.percents);
    expect(plan.alpha).to.equal(DEFAULT_PLAN.alpha);
  });

  it('watch a champion by the shipped limits, and that it decides as the former one does', () => {
    const { limits, alpha } = readPlan(stringify(WATCH_PLAN));
    const { limits: shipped, alpha: shippedAlpha } = DEFAULT_PLAN;
    expect({ limits, alpha }).to.deep.equal({
      limits: { ...shipped, label_flips: 0.05 },
      alpha: shippedAlpha,
    });
    expect(limits.label_flips).to.be.below(shipped.label_flips);
  });
});
