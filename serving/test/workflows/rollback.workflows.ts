import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { EXIT } from '../../src/cli/exit-codes.js';
import { rejection } from '../support/rejection.js';
import { useLiveModel } from './live-model.js';
import { REPOSITORY_ROOT, runWorkflow, type WorkflowResult } from './runner/workflow-run.js';

const FILE = '.github/workflows/rollback.yml';

describe('rollback.yml of a model, with a real MLflow and a tier', () => {
  const model = useLiveModel('rolled-back-by-ci');
  let first: string;

  before(async () => {
    first = (await model.champion())!;
    const { version } = await model.registerBlessed('tensorB');
    const wait = ['--wait', '--replicas', model.replicas];
    await model.cli('promote', '--version', version, '--expect-champion', first, ...wait);
  });

  function run(inputs: Record<string, string>): Promise<WorkflowResult> {
    const { github, ...options } = model.runOptions();
    const event = { name: 'workflow_dispatch' as const, inputs: { model: model.name, ...inputs }, github };
    return runWorkflow(FILE, { ...options, event });
  }

  it('does not start without a reason, and is red for one that says nothing', async () => {
    expect((await rejection(run({}), Error)).message).to.equal('The input reason is missing');
    const { result, jobs } = await run({ reason: '  ' });
    expect(result).to.equal('failure');
    expect(jobs['model']!.steps.find(({ outcome }) => outcome === 'failure')).to.include({
      exitCode: EXIT.usage,
    });
    expect(await model.champion()).not.to.equal(first);
  });

  it('takes champion back to the version that every replica served, and records the reason as it was written', async () => {
    const reason = 'scores of "young" clients $(touch pwned) `touch pwned` $HOME; touch pwned';
    const { result, jobs, title, environments, summary, log } = await run({ reason });
    expect(result, log).to.equal('success');
    expect(jobs['code']!.result).to.equal('skipped');
    expect((await model.tier.status()).available?.version).to.equal(first);
    expect((await model.history()).moves[0]).to.include({
      ...{ action: 'rollback', to: first, by: 'github:ana', reason },
    });
    expect(existsSync(join(REPOSITORY_ROOT, 'pwned'))).to.equal(false);
    expect(title).to.equal(`Roll back model in production: ${reason}`);
    expect(environments).to.deep.equal({ model: 'production' });
    expect(summary).to.include(`champion is version ${first} again`).and.include('History of');
  });

  it('is red where there is nothing to go back to, and says so', async () => {
    const { result, summary } = await run({ reason: 'once more' });
    expect(result).to.equal('failure');
    expect(summary).to.include('is not rolled back').and.include('rolled back from it');
    expect(await model.champion()).to.equal(first);
  });

  it('goes to a version that is named', async () => {
    const { version } = await model.registerBlessed('tensorA');
    const { result, log } = await run({ reason: 'known to be good', version });
    expect(result, log).to.equal('success');
    expect(await model.champion()).to.equal(version);
  });

  it('does not wait for a canary, nor for a promotion', async () => {
    const { concurrency, concurrencyOfJobs } = await run({ reason: 'x', version: '999' });
    expect(concurrency).to.equal(undefined);
    expect(concurrencyOfJobs).to.deep.equal({});
  });
});
