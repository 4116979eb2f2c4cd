import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { PlatformFailure } from '../../../../local/failure.js';
import { runParameters } from '../../../../local/retraining.js';
import { rolloutParameters } from '../../../../local/rollout/rollout.js';
import { describeStanding, standingSchema } from '../../../../local/rollout/standing.js';
import { readSettings } from '../../../../local/settings.js';

describe('make rollout', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rollout-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function plan(text: string): string {
    const file = path.join(folder, 'plan.yaml');
    writeFileSync(file, text);
    return file;
  }

  const parametersOf = (environment: Record<string, string>): Record<string, unknown> =>
    rolloutParameters(readSettings(environment).rollout);

  it('leaves to the DAG what was not said', () => {
    expect(parametersOf({ VERSION: '', PLAN: '', AGAIN: '' })).to.deep.equal({});
  });

  it('names the version, and what of the plan is to be different', () => {
    const file = plan('shadow: { min_samples: 50 }\n');
    expect(parametersOf({ VERSION: '8', PLAN: file, AGAIN: '1' })).to.deep.equal({
      version: '8',
      again: true,
      plan: { shadow: { min_samples: 50 } },
    });
  });

  it('refuses what is no version and no plan', () => {
    expect(() => parametersOf({ VERSION: '1.0.1' })).to.throw(PlatformFailure, /^VERSION is 1\.0\.1/);
    for (const text of ['- 1', 'a: [', '']) {
      expect(() => parametersOf({ PLAN: plan(text) }), text).to.throw(PlatformFailure, /^PLAN can't be read/);
    }
    expect(() => parametersOf({ PLAN: path.join(folder, 'none.yaml') })).to.throw(PlatformFailure, /ENOENT/);
  });

  it('is what a retraining asks for where it is told to', () => {
    expect(runParameters(readSettings({ PROMOTION: 'rollout' }))).to.deep.equal({ promotion: 'rollout' });
    expect(runParameters(readSettings({ PROMOTION: '' }))).to.deep.equal({});
    expect(() => readSettings({ PROMOTION: 'canary' })).to.throw(PlatformFailure, /^PROMOTION: /);
  });
});

describe('a look at a rollout', () => {
  const look = {
    version: '8',
    phase: 'canary',
    percent: 25,
    state: 'running',
    decision: 'wait',
    reason: '812 of 1000 rows',
  };
  const told = (changes: object): string => describeStanding(standingSchema.parse({ ...look, ...changes }));

  it('is told in a line', () => {
    expect(told({})).to.equal('version 8  canary 25 %  wait: 812 of 1000 rows');
    expect(told({ state: 'paused' })).to.equal('version 8  canary 25 %  paused: 812 of 1000 rows');
    expect(told({ phase: 'baking', percent: null })).to.equal('version 8  baking  wait: 812 of 1000 rows');
  });

  it('may say more than this release knows, but not less', () => {
    expect(standingSchema.safeParse({ ...look, mood: 'good' }).success).to.equal(true);
    expect(standingSchema.safeParse({ ...look, reason: undefined }).success).to.equal(false);
  });
});
