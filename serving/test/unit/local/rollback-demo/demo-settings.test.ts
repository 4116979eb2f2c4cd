import { expect } from 'chai';
import { stringify } from 'yaml';
import { HURRIED_PLAN } from '../../../../local/rollback-demo/demo-settings.js';
import { DEFAULT_PLAN } from '../../../../src/rollout/default-plan.js';
import { readPlan } from '../../../../src/rollout/plan.js';

describe('the plan of the demonstration', () => {
  it('is one that a rollout follows, with the steps, limits and certainty of the shipped one', () => {
    const plan = readPlan(stringify(HURRIED_PLAN));
    expect(plan.canary.percents).to.deep.equal(DEFAULT_PLAN.canary.percents);
    expect(plan.limits).to.deep.equal(DEFAULT_PLAN.limits);
    expect(plan.alpha).to.equal(DEFAULT_PLAN.alpha);
  });
});
