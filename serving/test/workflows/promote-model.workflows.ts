import { expect } from 'chai';
import { EXIT } from '../../src/cli/exit-codes.js';
import { rejection } from '../support/rejection.js';
import { useLiveModel } from './live-model.js';
import { runWorkflow, type WorkflowEvent, type WorkflowResult } from './runner/workflow-run.js';

const FILE = '.github/workflows/promote-model.yml';

describe('promote-model.yml, with a real MLflow and a tier', () => {
  const model = useLiveModel('promoted-by-ci');

  beforeEach(() => {
    model.github.reviews = [];
  });

  function run(inputs: Record<string, string>): Promise<WorkflowResult> {
    return start({ name: 'workflow_dispatch', inputs: { model: model.name, ...inputs } });
  }

  function start(event: WorkflowEvent): Promise<WorkflowResult> {
    const { github, ...options } = model.runOptions();
    return runWorkflow(FILE, { ...options, event: { ...event, github } });
  }

  const failed = ({ jobs }: WorkflowResult) =>
    jobs['promote']!.steps.find(({ outcome }) => outcome === 'failure');

  it('moves champion, returns when the fleet agrees, and shows dossier and history', async () => {
    const before = await model.champion();
    const { version } = await model.registerBlessed('tensorB');
    model.github.reviews = [
      { state: 'rejected', user: { login: 'zoe' } },
      { state: 'approved', user: { login: 'bo' } },
    ];
    const { result, summary, log } = await run({ version, reason: 'release "12" $(whoami)' });
    expect(result, log).to.equal('success');
    expect((await model.tier.status()).available?.version).to.equal(version);
    const [move] = (await model.history()).moves;
    expect(move).to.deep.include({
      ...{ from: before, to: version, by: 'github:ana', reason: 'release "12" $(whoami)', approved_by: 'bo' },
    });
    expect(move!.served).to.deep.include({ replicas: 1 });
    expect(summary)
      .to.include(`**better** than champion ${before!}`)
      .and.include('passed package')
      .and.include(`champion is version ${version} (was ${before!}), served by all 1 replicas`)
      .and.include(`champion of ${model.name} is ${version}`);
    expect(model.github.requests.at(-1)).to.include({
      ...{
        path: '/repos/bank/platform/actions/runs/77/approvals',
        authorization: 'Bearer token-of-this-run',
      },
    });
  });

  it('is red for a version without a blessing, and moves nothing', async () => {
    const champion = await model.champion();
    const { version } = await model.register('tensorA');
    const run77 = await run({ version });
    expect(run77.result).to.equal('failure');
    expect(failed(run77)).to.include({ exitCode: EXIT.refused });
    expect(run77.summary).to.include('failed blessing: it has no blessing');
    expect(run77.summary).to.include(`champion of ${model.name} is ${champion!}`);
    expect(await model.champion()).to.equal(champion);
  });

  it('is red where champion has moved since the version was compared', async () => {
    const champion = await model.champion();
    const { version } = await model.registerBlessed('tensorA', { compared_against: '1' });
    const late = await run({ version });
    expect(failed(late)).to.include({ exitCode: EXIT.conflict });
    expect(late.summary).to.include(`it was compared against champion 1, but champion is now ${champion!}`);
    expect(await model.champion()).to.equal(champion);
  });

  it('is red where a gate wants a person and none has agreed', async () => {
    const { version } = await model.registerBlessed('tensorA', { needs_approval: 'it is of other columns' });
    const refused = await run({ version });
    expect(failed(refused)).to.include({ exitCode: EXIT.refused });
    model.github.reviews = [{ state: 'approved', user: { login: 'bo' } }];
    const { result, log } = await run({ version });
    expect(result, log).to.equal('success');
    expect((await model.history()).moves[0]).to.include({ to: version, approved_by: 'bo' });
  });

  it('does what the pipeline asks for, in production, with what the pipeline has compared', async () => {
    const { version } = await model.registerBlessed('tensorB');
    const payload = { model: model.name, version, reason: 'passed every gate' };
    const { result, title, environments, log } = await start({ name: 'repository_dispatch', payload });
    expect(result, log).to.equal('success');
    expect(title).to.equal(`Promote ${model.name} version ${version}`);
    expect(environments).to.deep.equal({ promote: 'production' });
    expect((await model.history()).moves[0]).to.include({ to: version, reason: 'passed every gate' });
  });

  for (const [asked, environment] of [
    ['staging', 'staging'],
    ['production', 'production'],
    // One without reviewers, and none at all.
    ['release', 'production'],
    ["staging' || 'release", 'production'],
  ] as const) {
    it(`asks the people of ${environment} where the pipeline names ${asked}`, async () => {
      const payload = { model: model.name, version: '999', environment: asked };
      const { environments, concurrency } = await start({ name: 'repository_dispatch', payload });
      expect(environments).to.deep.equal({ promote: environment });
      expect(concurrency).to.equal(`champion-${environment}-${model.name}`);
    });
  }

  it('takes what it is given as text, whatever that looks like', async () => {
    const champion = await model.champion();
    const evil = await run({ version: '1; touch pwned #', reason: '${{ secrets.MLFLOW_TRACKING_TOKEN }}' });
    expect(failed(evil)).to.include({ exitCode: EXIT.usage });
    expect(await model.champion()).to.equal(champion);
  });

  it('does not start without a version, and waits for other promotions of the model', async () => {
    expect((await rejection(run({}), Error)).message).to.equal('The input version is missing');
    const { concurrency } = await run({ version: '999' });
    expect(concurrency).to.equal(`champion-production-${model.name}`);
    const dispatched = await start({
      name: 'repository_dispatch',
      payload: { model: model.name, version: '999' },
    });
    expect(dispatched.concurrency).to.equal(concurrency);
    expect(failed(dispatched)).to.include({ exitCode: EXIT.notRegistered });
  });
});
