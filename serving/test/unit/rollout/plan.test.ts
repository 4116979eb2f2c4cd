import { expect } from 'chai';
import { DEFAULT_PLAN } from '../../../src/rollout/default-plan.js';
import { PlanError, readPlan } from '../../../src/rollout/plan.js';
import { thrown } from '../../support/rejection.js';

describe('the plan of a rollout', () => {
  it('is the default where nothing is said', () => {
    expect(readPlan('')).to.deep.equal(DEFAULT_PLAN);
    expect(readPlan('{}')).to.deep.equal(DEFAULT_PLAN);
  });

  it('takes from YAML or JSON what is said, and the rest from the default', () => {
    const expected = {
      ...DEFAULT_PLAN,
      canary: { ...DEFAULT_PLAN.canary, percents: [1, 100], min_minutes: 0.5 },
    };
    expect(readPlan('canary:\n  percents: [1, 100]\n  min_minutes: 0.5\n')).to.deep.equal(expected);
    expect(readPlan('{"canary": {"percents": [1, 100], "min_minutes": 0.5}}')).to.deep.equal(expected);
  });

  const wrong: readonly (readonly [string, string])[] = [
    ['phases: 3', 'phases'],
    ['canary: {percents: []}', 'canary.percents'],
    ['canary: {percents: [25, 5]}', 'each step must be more than the one before'],
    ['canary: {percents: [5, 101]}', 'canary.percents.1'],
    ['canary: {percents: [0, 5]}', 'canary.percents.0'],
    ['shadow: {min_minutes: 10, max_minutes: 10}', 'min_minutes must be less than max_minutes'],
    ['shadow: {min_samples: 0}', 'shadow.min_samples'],
    ['limits: {slow_seconds: 0.03}', 'must be a bound of serving_prediction_duration_seconds'],
    ['limits: {error_rate: 0}', 'limits.error_rate'],
    ['alpha: 0', 'alpha'],
    ['[1', 'neither YAML nor JSON'],
    ['5', 'plan'],
  ];
  for (const [text, said] of wrong) {
    it(`refuses ${text}`, () => {
      expect(thrown(() => readPlan(text), PlanError).message).to.include(said);
    });
  }
});
