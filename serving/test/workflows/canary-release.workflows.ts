import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { EXIT } from '../../src/cli/exit-codes.js';
import type { Rollouts } from '../../src/cli/rollouts-table.js';
import { quarantineOf, TRAFFIC_POLICY_TAG } from '../../src/registry/traffic-tags.js';
import { eventually } from '../support/eventually.js';
import { PrometheusUnderTest } from '../support/prometheus-under-test.js';
import { quickRolloutPlan } from '../support/quick-rollout-plan.js';
import { SteadyClients } from '../support/steady-clients.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { useLiveModel } from './live-model.js';
import type { StepResult } from './runner/job-run.js';
import { runWorkflow, type WorkflowResult } from './runner/workflow-run.js';

const FILE = '.github/workflows/canary-release.yml';

describe('canary-release.yml, with a real MLflow, Prometheus and tier', function () {
  this.timeout(300_000);

  let prometheus: PrometheusUnderTest;
  let clients: SteadyClients;

  // Before the tier stops, which clients would notice.
  after(async () => {
    if (!PrometheusUnderTest.isInstalled()) return;
    const failed = await clients.stop();
    await prometheus.stop();
    expect(failed, 'requests that failed').to.equal(0);
  });

  const model = useLiveModel('canary-by-ci');
  const plan = join(temporaryDirectory(), 'plan.yaml');

  before(async function () {
    if (!PrometheusUnderTest.isInstalled()) {
      this.test!.title = 'skipped: no prometheus in MONITORING_TOOLS_DIR';
      this.skip();
    }
    writeFileSync(plan, quickRolloutPlan());
    prometheus = await PrometheusUnderTest.scraping(new URL(model.replicas).host);
    clients = SteadyClients.start(model.tier, model.real.packages.tensorA.manifest.golden.rows);
  });

  function run(
    version: string,
    inputs: Record<string, string> = {},
    cancel?: AbortSignal,
  ): Promise<WorkflowResult> {
    const { github, variables, secrets } = model.runOptions();
    return runWorkflow(FILE, {
      variables: { ...variables, PROMETHEUS_URL: prometheus.url },
      ...(secrets && { secrets }),
      ...(cancel && { cancel }),
      event: { name: 'workflow_dispatch', github, inputs: { model: model.name, version, plan, ...inputs } },
    });
  }

  function failedIn(jobs: WorkflowResult['jobs']): StepResult | undefined {
    return jobs['canary']!.steps.find(({ outcome }) => outcome === 'failure');
  }

  async function quarantineCause(digest: string): Promise<string | undefined> {
    const { tags } = await model.real.registry.getRegisteredModel(model.name);
    return quarantineOf(tags, digest)?.cause;
  }

  async function traffic(): Promise<string | undefined> {
    return (await model.real.registry.getRegisteredModel(model.name)).tags.get(TRAFFIC_POLICY_TAG);
  }

  async function latest(): Promise<Rollouts['rollouts'][number]> {
    return (JSON.parse((await model.cli('rollouts')).stdout) as Rollouts).rollouts[0]!;
  }

  it('takes a version that is as good through the steps that were asked for, to champion', async () => {
    const { version } = await model.registerBlessed('tensorA');
    const { result, summary, log, concurrency } = await run(version, { steps: '50,100' });
    expect(result, log).to.equal('success');
    expect(await model.champion()).to.equal(version);
    const { lines, by } = await latest();
    expect(by).to.equal('github:ana');
    expect(
      lines.filter(({ decision }) => decision === 'advance').map(({ percent }) => percent),
    ).to.deep.equal([50, 100]);
    expect(summary)
      .to.include('| promote | baking |')
      .and.include('On these numbers')
      .and.include('failed requests');
    expect(summary).to.include(`version ${version}: completed`);
    expect(concurrency).to.equal(`champion-production-${model.name}`);
  });

  it('is red for one that decides otherwise, which ends in the shadow by itself, and champion stays', async () => {
    const champion = await model.champion();
    const { version, digest } = await model.registerBlessed('tensorB');
    const { result, jobs, summary } = await run(version, { steps: '50,100' });
    expect(result).to.equal('failure');
    expect(failedIn(jobs)).to.include({ exitCode: EXIT.rolloutAborted });
    expect(await quarantineCause(digest)).to.be.oneOf(['label_flips', 'score_shift']);
    expect(await traffic()).to.equal(undefined);
    expect(await model.champion()).to.equal(champion);
    expect(summary).to.include('| abort | shadow |').and.include('| harmful |');
    await model.cli('quarantine', '--version', version, '--lift');
  });

  it('is red for one that clients had to meet, which is taken back by itself', async () => {
    const champion = await model.champion();
    const { version, digest } = await model.registerBlessed('tensorB');
    const { result, jobs, summary } = await run(version, { begin: 'canary', steps: '50' });
    expect(result).to.equal('failure');
    // By mean scores it looks as good; side by side with the former champion it does not.
    expect(failedIn(jobs)!.exitCode).to.be.oneOf([EXIT.rolledBack, EXIT.rolloutAborted]);
    expect(await quarantineCause(digest)).to.be.oneOf(['label_flips', 'score_shift']);
    expect(await traffic()).to.equal(undefined);
    expect(await model.champion()).to.equal(champion);
    expect((await model.tier.serves(champion!)).available?.version).to.equal(champion);
    expect(summary)
      .to.match(/\| (rollback \| baking|abort \| canary 50 %) \|/)
      .and.include('| harmful |');
  });

  it('leaves no canary that nobody watches where the run is cancelled', async () => {
    const champion = await model.champion();
    const { version } = await model.registerBlessed('tensorA');
    writeFileSync(plan, quickRolloutPlan({ minMinutes: 4 }));
    const cancel = new AbortController();
    const running = run(version, {}, cancel.signal);
    await eventually(async () => expect(await traffic()).to.include('shadow'), 60_000);
    cancel.abort();
    const { result, summary } = await running;
    writeFileSync(plan, quickRolloutPlan());
    expect(result).to.equal('cancelled');
    expect(await traffic()).to.equal(undefined);
    expect((await latest()).state).to.equal('aborted');
    expect(await model.champion()).to.equal(champion);
    expect(summary).to.include(`version ${version}: aborted`);
  });
});
