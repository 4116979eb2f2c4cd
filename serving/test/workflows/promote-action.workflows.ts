import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { EXIT } from '../../src/cli/exit-codes.js';
import { freePorts } from '../support/free-ports.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { useLiveModel } from './live-model.js';
import { REPOSITORY_ROOT, runWorkflow, type WorkflowResult } from './runner/workflow-run.js';

const ACTION = '.github/actions/promote';
const run = promisify(execFile);

/** The first block of YAML of a page. */
function exampleIn(page: string): string {
  return /```yaml\n(.*?)```/s.exec(readFileSync(join(REPOSITORY_ROOT, page), 'utf8'))![1]!;
}

describe('the action that promotes, called by another repository', function () {
  this.timeout(600_000);

  const model = useLiveModel('promoted-elsewhere');
  /** What GitHub fetches of this repository: what is committed, and nothing that was built. */
  const fetched = temporaryDirectory();
  const root = temporaryDirectory();

  before(async () => {
    const files = (await run('git', ['ls-files', 'serving', ACTION], { cwd: REPOSITORY_ROOT })).stdout;
    const list = join(temporaryDirectory(), 'files');
    writeFileSync(list, files);
    await run('bash', ['-c', 'tar -cf - -T "$1" | tar -xf - -C "$2"', 'bash', list, fetched], {
      cwd: REPOSITORY_ROOT,
    });
    mkdirSync(join(root, '.github/workflows'), { recursive: true });
    const jobs = exampleIn(`${ACTION}/README.md`).replace("'8'", "'${{ inputs.version }}'");
    const named = jobs.replace('credit-scoring', model.name);
    expect(named, 'the example is another one by now')
      .to.include('${{ inputs.version }}')
      .and.include(model.name);
    const head = 'name: Elsewhere\non: {workflow_dispatch: {inputs: {version: {required: true}}}}\n';
    writeFileSync(join(root, '.github/workflows/ours.yml'), head + named);
  });

  function promote(version: string, replicas = model.replicas): Promise<WorkflowResult> {
    return runWorkflow('.github/workflows/ours.yml', {
      root,
      event: { name: 'workflow_dispatch', inputs: { version } },
      variables: { MLFLOW_TRACKING_URI: model.real.trackingUri, SERVING_REPLICAS: replicas },
      secrets: { MLFLOW_TRACKING_TOKEN: '' },
      standIns: { 'OWNER/REPOSITORY/.github/actions/promote': { folder: join(fetched, ACTION) } },
    });
  }

  it('is ten lines and two inputs, and needs nothing that was built by hand', async () => {
    expect(exampleIn(`${ACTION}/README.md`).trim().split('\n').length).to.be.at.most(11);
    const { version } = await model.registerBlessed('tensorB');
    const { result, summary, log } = await promote(version);
    expect(result, log).to.equal('success');
    expect((await model.tier.status()).available?.version).to.equal(version);
    expect(summary).to.include('served by all 1 replicas');
    expect((await model.history()).moves[0]).to.include({
      by: 'github:ana',
      reason: 'https://github.com/bank/platform/actions/runs/77',
    });
  });

  it('fails where a replica does not follow, and names it', async () => {
    const [port] = await freePorts(1);
    const silent = `http://127.0.0.1:${port!}`;
    const action = join(fetched, ACTION, 'action.yml');
    const text = readFileSync(action, 'utf8');
    writeFileSync(action, text.replace("default: '300'", "default: '2'"));
    const { version } = await model.registerBlessed('tensorA');
    const { result, jobs, summary } = await promote(version, `${model.replicas},${silent}`);
    writeFileSync(action, text);
    expect(result).to.equal('failure');
    const failed = jobs['promote']!.steps.find(({ outcome }) => outcome === 'failure');
    expect(failed).to.include({ exitCode: EXIT.fleetDisagrees });
    expect(summary).to.include(`not every replica serves it: ${silent} does not answer`);
  });

  it('says which address is missing', async () => {
    const { result, log } = await promote('1', '');
    expect(result).to.equal('failure');
    expect(log).to.include('REPLICAS: is not set: the management addresses of all replicas');
  });
});
