import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { REPOSITORY_ROOT, runWorkflow, type WorkflowResult } from './runner/workflow-run.js';

const FILE = '.github/workflows/rollback.yml';
const NAMESPACE = `rollback-by-ci-${process.pid}`;
const KUBECONFIG = process.env['KUBECONFIG'];
const run = promisify(execFile);

/** In place of the log-in alone: the cluster of these tests is no one's of the cloud. */
const MAKE = `#!/usr/bin/env bash
if [[ $1 == cloud-login ]]; then echo "logged in by $2"; exit 0; fi
exec /usr/bin/make "$@"
`;

describe('rollback.yml of code, in the cluster of KUBECONFIG', () => {
  const folder = temporaryDirectory();
  const chart = join(folder, 'chart');
  const path = `${folder}:${process.env['PATH'] ?? ''}`;

  before(async function () {
    if (KUBECONFIG === undefined || KUBECONFIG === '') {
      this.test!.title = 'skipped: there is no KUBECONFIG';
      this.skip();
    }
    writeFileSync(join(folder, 'make'), MAKE);
    chmodSync(join(folder, 'make'), 0o755);
    mkdirSync(join(chart, 'templates'), { recursive: true });
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: small\nversion: 1.0.0\n');
    const map =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: code}\ndata: {release: {{ .Values.release | quote }}}\n';
    // A name that Kubernetes refuses: the release that never comes up.
    writeFileSync(
      join(chart, 'templates/map.yaml'),
      map.replace('name: code', 'name: {{ .Values.name | default "code" | quote }}'),
    );
    await install('first');
    await install('second');
    await install('broken', 'name=NOT_A_NAME').catch(() => undefined);
    await install('bad');
  });

  after(async () => {
    if (KUBECONFIG === undefined || KUBECONFIG === '') return;
    await run('kubectl', ['delete', 'namespace', NAMESPACE, '--wait=false']);
  });

  function helm(...args: string[]): Promise<{ stdout: string }> {
    return run(join(REPOSITORY_ROOT, '.tools/helm/bin/helm'), [...args, '--namespace', NAMESPACE]);
  }

  async function install(release: string, ...set: string[]): Promise<void> {
    const values = [`release=${release}`, ...set].flatMap((value) => ['--set', value]);
    await helm('upgrade', '--install', 'platform', chart, '--create-namespace', ...values);
  }

  async function installed(): Promise<string> {
    const { stdout } = await run('kubectl', [
      '--namespace',
      NAMESPACE,
      'get',
      'configmap',
      'code',
      '--output',
      'jsonpath={.data.release}',
    ]);
    return stdout;
  }

  function rollback(inputs: Record<string, string>): Promise<WorkflowResult> {
    return runWorkflow(FILE, {
      event: { name: 'workflow_dispatch', inputs: { what: 'code', environment: 'staging', ...inputs } },
      variables: {
        CLUSTER_NAMESPACE: NAMESPACE,
        TERRAFORM_OUTPUTS: JSON.stringify({ kubeconfig: { value: readFileSync(KUBECONFIG!, 'utf8') } }),
      },
      secrets: { MLFLOW_TRACKING_USERNAME: '', MLFLOW_TRACKING_PASSWORD: '', MLFLOW_TRACKING_TOKEN: '' },
      environment: { PATH: path },
    });
  }

  it('goes back past the revision that never came up, and says in its history who, and why', async () => {
    const reason = 'answers are slow; $(touch pwned) $(shell touch pwned)';
    const { result, jobs, concurrencyOfJobs, summary, log } = await rollback({ reason });
    expect(result, log).to.equal('success');
    expect(jobs['model']!.result).to.equal('skipped');
    expect(await installed()).to.equal('second');
    const { stdout } = await helm('history', 'platform', '--max', '1', '--output', 'json');
    const [latest] = JSON.parse(stdout) as { description: string }[];
    expect(latest!.description).to.equal(`ana: ${reason}`);
    expect(summary).to.include('superseded').and.include('answers are slow');
    expect(concurrencyOfJobs).to.deep.equal({ code: 'deploy-staging' });
  });

  it('goes to the revision that is named', async () => {
    const { result, log } = await rollback({ reason: 'the first one was best', revision: '1' });
    expect(result, log).to.equal('success');
    expect(await installed()).to.equal('first');
  });

  it('is red for a revision that does not exist, and leaves what there is', async () => {
    const { result, summary } = await rollback({ reason: 'x', revision: '99' });
    expect(result).to.equal('failure');
    expect(summary).to.match(/99/);
    expect(await installed()).to.equal('first');
  });
});
