import { expect } from 'chai';
import { decide, type Decision, type Standing } from '../../../src/rollout/decide.js';
import type { Evidence, Observed } from '../../../src/rollout/evidence.js';
import { readPlan } from '../../../src/rollout/plan.js';
import { counts, evidenceOf, observed } from './observations.js';

const BEGAN = Date.parse('2026-03-01T08:00:00Z');
const plan = readPlan('');

const shadow: Standing = {
  ...{ phase: 'shadow', percent: 100, since: new Date(BEGAN), paused: false },
  ...{ version: '7', champion: '6' },
};
const canary = (percent: number): Standing => ({ ...shadow, phase: 'canary', percent });
const baking: Standing = { ...shadow, phase: 'baking', percent: null };
const promoted = { champion: '7' };

/** All that was seen in shadow: the same rows, computed by both. */
function mirrored(requests: number, flips = 0, difference = 0): Observed {
  return observed({
    candidate: counts(requests),
    baseline: counts(requests),
    paired: {
      difference: { value: difference, variance: 0.0004, rows: requests },
      flips: { events: flips, trials: requests },
    },
  });
}

function after(minutes: number, standing: Standing, evidence: Evidence): Decision {
  return decide(standing, evidence, plan, new Date(BEGAN + minutes * 60_000));
}

describe('decide', () => {
  const healthy = evidenceOf(observed());
  const silent: Evidence = { ...healthy, traffic: { silent: 'connect ECONNREFUSED' } };
  const quarantine = {
    ...{
      version: '7',
      digest: 'sha256:7',
      at: '2026-03-01T08:00:00Z',
      by: 'ana',
      reason: 'customers called',
    },
    cause: 'manual' as const,
  };
  const throwing = observed({ candidate: counts(40, { failures: 40 }) });
  const slow = observed({ candidate: counts(5_000, { slow: 800 }) });
  const shifted = observed({ candidate: counts(5_000, { score: 0.5 }) });
  const lower = observed({ candidate: counts(5_000, { score: 0.1 }) });
  const borderline = observed({ candidate: counts(5_000, { failures: 50 }) });
  const auc = (value: number) => ({
    candidate: { value, variance: 0.0001 },
    baseline: { value: 0.77, variance: 0.0001 },
  });

  const table: readonly (readonly [
    string,
    number,
    Standing,
    Evidence,
    Decision['kind'],
    RegExp,
    Partial<Record<'percent' | 'cause', unknown>>?,
  ])[] = [
    // The way of a version that is as good.
    ['a shadow of some minutes', 3, shadow, evidenceOf(mirrored(5_000)), 'wait', /3 minutes of 10/],
    ['a shadow that agrees', 10, shadow, evidenceOf(mirrored(5_000)), 'advance', /not worse/, { percent: 5 }],
    ['a canary of 5 %', 10, canary(5), healthy, 'advance', /not worse/, { percent: 25 }],
    ['a canary of 25 %', 10, canary(25), healthy, 'advance', /not worse/, { percent: 50 }],
    ['a canary of 50 %', 10, canary(50), healthy, 'advance', /not worse/, { percent: 100 }],
    ['a healthy canary of 100 %', 10, canary(100), healthy, 'promote', /not worse/],
    ['a share that no step has', 10, canary(30), healthy, 'advance', /not worse/, { percent: 50 }],
    ['a champion that has an hour behind it', 60, baking, evidenceOf(observed(), promoted), 'complete', /no harm/],
    ['a champion of half an hour', 30, baking, evidenceOf(observed(), promoted), 'wait', /30 minutes of 60/],

    // Harm, as soon as it is proved.
    ['a canary that throws', 0.5, canary(5), evidenceOf(throwing), 'abort', /failed requests \+100 %/, { cause: 'errors' }],
    ['a canary that is slow', 0.5, canary(5), evidenceOf(slow), 'abort', /slow answers/, { cause: 'latency' }],
    ['scores that went up', 0.5, canary(5), evidenceOf(shifted), 'abort', /scores \+0.2/, { cause: 'score_shift' }],
    ['scores that went down', 0.5, canary(5), evidenceOf(lower), 'abort', /scores -0.2/, { cause: 'score_shift' }],
    ['a shadow that decides otherwise', 1, shadow, evidenceOf(mirrored(2_000, 800)), 'abort', /decisions that differ 40 %/, { cause: 'label_flips' }],
    ['a shadow whose scores are higher', 1, shadow, evidenceOf(mirrored(2_000, 0, 0.2)), 'abort', /scores \+0.2/, { cause: 'score_shift' }],
    ['outcomes that are worse', 1, canary(5), evidenceOf(observed({ auc: auc(0.6) })), 'abort', /AUC lost \+0.17/, { cause: 'quality' }],
    ['a new champion that throws', 0.2, baking, evidenceOf(throwing, promoted), 'rollback', /failed/, { cause: 'errors' }],
    ['a new champion that decides otherwise', 1, baking, evidenceOf(mirrored(2_000, 800), promoted), 'rollback', /differ/, { cause: 'label_flips' }],
    ['harm while a replica lacks the role', 1, canary(5), evidenceOf(throwing, {}, false), 'abort', /failed/, { cause: 'errors' }],

    // Never further without data.
    ['no traffic', 5, canary(5), evidenceOf(observed({ candidate: counts(0) })), 'wait', /0 of 1000 requests/],
    ['no traffic for the least of minutes', 10, canary(5), evidenceOf(observed({ candidate: counts(0) })), 'pause', /thin data: 0 of 1000/],
    ['thin traffic', 60, canary(100), evidenceOf(observed({ candidate: counts(999) })), 'pause', /thin data: 999 of 1000/],
    ['a baseline that saw nothing', 60, canary(100), evidenceOf(observed({ baseline: counts(0) })), 'wait', /not proved yet/],
    ['scores of one side only', 60, canary(5), evidenceOf(observed({ candidate: { ...counts(5_000), score: undefined } })), 'wait', /scores unknown/],
    ['a silent Prometheus', 60, canary(100), silent, 'pause', /Prometheus is silent: connect ECONNREFUSED/],
    ['a silent Prometheus in the shadow', 60, shadow, silent, 'pause', /silent/],
    ['a replica without the role', 60, canary(100), evidenceOf(observed(), {}, false), 'pause', /not every replica has version 7 as canary/],
    ['a champion without traffic', 60, baking, evidenceOf(observed({ candidate: counts(10) }), promoted), 'pause', /thin/],
    ['a silent Prometheus while baking', 60, baking, { registry: { ...silent.registry, ...promoted }, traffic: silent.traffic }, 'pause', /silent/],
    ['errors around what is tolerated', 60, canary(5), evidenceOf(borderline), 'wait', /not proved yet: failed requests \+1 %/],

    // Not for ever.
    ['errors around what is tolerated for half a day', 720, canary(5), evidenceOf(borderline), 'abort', /inconclusive after 720 minutes: not proved/, { cause: undefined }],
    ['thin traffic for half a day', 720, canary(5), evidenceOf(observed({ candidate: counts(10) })), 'abort', /inconclusive.*thin data/, { cause: undefined }],
    ['a silent Prometheus for half a day', 720, canary(5), silent, 'abort', /inconclusive.*silent/, { cause: undefined }],
    ['a role that never came', 720, canary(5), evidenceOf(observed(), {}, false), 'abort', /inconclusive.*not every replica/, { cause: undefined }],
    ['a champion that nobody could watch', 1_440, baking, evidenceOf(observed({ candidate: counts(3) }), promoted), 'abort', /champion 7 stays/, { cause: undefined }],

    // A model without scores is judged by what there is.
    ['a model without scores', 10, canary(5), evidenceOf(observed({ candidate: { ...counts(5_000), score: undefined }, baseline: { ...counts(20_000), score: undefined } })), 'advance', /not worse/],

    // Other hands.
    ['a champion that was moved', 1, canary(5), evidenceOf(observed(), { champion: '9' }), 'abort', /conflict: champion is 9, no more 6/, { cause: undefined }],
    ['a champion that was moved while Prometheus is silent', 1, shadow, { registry: { ...healthy.registry, champion: '9' }, traffic: silent.traffic }, 'abort', /conflict/, { cause: undefined }],
    ['a policy that was changed', 1, canary(5), evidenceOf(observed(), { policy: 'changed' }), 'abort', /conflict: the traffic policy was changed/, { cause: undefined }],
    ['a canary in quarantine', 1, canary(5), evidenceOf(observed(), { quarantine }), 'abort', /quarantine by ana: customers called/, { cause: undefined }],
    ['a new champion in quarantine', 1, baking, evidenceOf(observed(), { ...promoted, quarantine }), 'rollback', /quarantine by ana/, { cause: undefined }],
    ['the next champion', 1, baking, evidenceOf(throwing, { champion: '9' }), 'complete', /superseded: champion was moved on to 9/],
    ['a policy that was changed while baking', 60, baking, evidenceOf(observed(), { ...promoted, policy: 'changed' }), 'complete', /no harm/],
  ]; // prettier-ignore

  for (const [what, minutes, standing, evidence, kind, reason, more = {}] of table) {
    it(`says ${kind} to ${what}`, () => {
      const decision = after(minutes, standing, evidence);
      expect(decision.kind, decision.reason).to.equal(kind);
      expect(decision.reason).to.match(reason);
      expect(decision).to.include(more);
    });
  }

  it('resumes what was paused, once', () => {
    const paused = { ...canary(5), paused: true };
    expect(after(5, paused, healthy).kind).to.equal('resume');
    expect(after(5, canary(5), healthy).kind).to.equal('wait');
    expect(after(10, paused, healthy).kind).to.equal('advance');
    expect(after(10, paused, silent).kind).to.equal('pause');
  });

  it('hands out the numbers that it was decided on', () => {
    const { numbers } = after(0.5, canary(5), evidenceOf(throwing));
    expect(numbers.map(({ metric }) => metric)).to.deep.equal([
      ...['errors', 'latency', 'score_shift', 'label_flips', 'quality'],
    ]);
    const [errors] = numbers;
    expect(errors).to.deep.include({
      verdict: 'harmful',
      estimate: 1,
      limit: 0.01,
      candidate: { events: 40, trials: 40 },
      baseline: { events: 0, trials: 20_000 },
    });
    expect(JSON.parse(JSON.stringify(numbers))).to.deep.equal(numbers);
  });

  it('advances a good version at no share of data that a bad one could not be told with', () => {
    // Of the least of requests that a plan wants, the interval of errors is wider than what is tolerated.
    const decision = after(10, canary(5), evidenceOf(observed({ candidate: counts(1_000) })));
    expect(decision.kind).to.equal('wait');
  });
});
