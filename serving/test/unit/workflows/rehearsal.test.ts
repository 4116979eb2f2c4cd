import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import type { StandIns } from '../../workflows/runner/stand-in.js';
import {
  REPOSITORY_ROOT,
  runWorkflow,
  type WorkflowEvent,
  type WorkflowResult,
} from '../../workflows/runner/workflow-run.js';

/** In place of the programs that steps call: writes down what was called, and fails where it is told to. */
const PROGRAM = `#!/usr/bin/env bash
called="$(basename "$0") $*"
printf '%s\\n' "$called" >> "$CALLED"
printf '%s\\n' "$IMAGES" >> "$CALLED.images"
if [[ -n $FAILING && $called == *"$FAILING"* ]]; then exit 2; fi
if [[ $called == *images-publish* ]]; then echo 'digests={"serving":"sha256:1"}' >> "$GITHUB_OUTPUT"; fi
`;

const OTHERS: StandIns = {
  ...Object.fromEntries(
    [
      ...['actions/upload-artifact', 'actions/attest', 'actions/dependency-review-action'],
      ...['github/codeql-action/init', 'github/codeql-action/analyze'],
      ...['sigstore/cosign-installer', 'hashicorp/setup-terraform'],
    ].map((action) => [action, () => ({})]),
  ),
  // Steps that follow write into the folder that it makes, which need not be there otherwise.
  'actions/download-artifact': ({ with: { path } }) => {
    if (path !== undefined) mkdirSync(join(REPOSITORY_ROOT, path), { recursive: true });
    return {};
  },
};

interface Rehearsal {
  readonly run: WorkflowResult;
  /** What was called, in this order. */
  readonly called: readonly string[];
  /** Lists of images that they found in their environment. */
  readonly images: ReadonlySet<string>;
}

/** The order of things and what stops them; what each step does is not its business. */
async function rehearse(
  file: string,
  event: WorkflowEvent,
  {
    failing = '',
    variables = {},
    secrets = {},
  }: { failing?: string; variables?: Record<string, string>; secrets?: Record<string, string> } = {},
): Promise<Rehearsal> {
  const folder = temporaryDirectory();
  for (const name of ['make', 'gh', 'git']) {
    writeFileSync(join(folder, name), PROGRAM);
    chmodSync(join(folder, name), 0o755);
  }
  const called = join(folder, 'called');
  const run = await runWorkflow(`.github/workflows/${file}`, {
    event,
    variables,
    secrets,
    standIns: OTHERS,
    // No step of these calls anything else; `bash` and `basename` are where they always are.
    environment: { CALLED: called, FAILING: failing, PATH: `${folder}:/usr/bin:/bin` },
    isRehearsal: true,
  });
  const linesOf = (file: string): string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return { run, called: linesOf(called), images: new Set(linesOf(`${called}.images`)) };
}

describe('the order of workflows, with stand-ins for the programs that they call', function () {
  this.timeout(60_000);

  const PUSH: WorkflowEvent = { name: 'push' };
  const DEPLOYED = { DEPLOY: 'true', DEPLOY_DEV: 'true' };
  const publishes = (command: string): boolean =>
    /images-publish|images-release|charts-publish|release create/.test(command);
  const deploys = (command: string): boolean => command.includes('make deploy ');

  function resultsOf({ run }: Rehearsal, ...names: readonly string[]): string[] {
    return names.map((name) => `${name} ${run.jobs[name]!.result}`);
  }

  it('test, build, scan, accept, publish, deploy to staging, then to production', async () => {
    const rehearsal = await rehearse('ci-cd.yml', PUSH, { variables: DEPLOYED });
    expect(rehearsal.run.result, rehearsal.run.log).to.equal('success');
    const order = ['make test-serving', 'make images IMAGE_TAG', 'make scan-images', 'make acceptance-image', 'make images-save', 'make images-publish', 'make deploy ENV=staging', 'make deploy ENV=prod'];
    const places = order.map((start) => rehearsal.called.findIndex((command) => command.startsWith(start)));
    expect(places, rehearsal.called.join('\n')).to.deep.equal([...places].sort((a, b) => a - b));
    expect(places).not.to.include(-1);
    expect(rehearsal.run.environments).to.deep.equal({ publish: 'registry', dev: 'dev', staging: 'staging', production: 'production' });
  }); // prettier-ignore

  it('deploy to dev what was published, and build for it what only dev runs', async () => {
    const variables = { DEPLOY_DEV: 'true', CLUSTER_NAMESPACE: 'trials' };
    const { run, called, images } = await rehearse('ci-cd.yml', PUSH, { variables });
    expect(run.result, run.log).to.equal('success');
    expect(called.filter(deploys)).to.have.length(1);
    expect(called.find(deploys)).to.match(/^make deploy ENV=dev .* API_KEY_FILE= CLUSTER_NAMESPACE=trials$/);
    expect(run.jobs['staging']!.result).to.equal('skipped');
    const [deployment] = run.jobs['dev']!.used.filter(({ action }) => action.endsWith('/deploy'));
    expect(deployment!.with).to.include({ digests: '{"serving":"sha256:1"}', registry: 'ghcr.io' });
    expect([...images]).to.deep.equal(['serving mlflow training airflow postgres s3']);
    const withoutDev = await rehearse('ci-cd.yml', PUSH);
    expect([...withoutDev.images]).to.deep.equal(['serving mlflow training airflow']);
  });

  it('publish, copy and release where the repository says, and what it says', async () => {
    const variables = {
      ...DEPLOYED,
      REGISTRY: 'images.example',
      REGISTRY_USER: 'robot$ci',
      IMAGES: 'serving',
    };
    const { run, called, images } = await rehearse('ci-cd.yml', PUSH, {
      variables,
      secrets: { REGISTRY_PASSWORD: 'p' },
    });
    const github = { ref: 'refs/tags/v1.0.0', ref_name: 'v1.0.0' };
    const release = await rehearse('release.yml', { name: 'push', github }, { variables });
    const places = [...called, ...release.called].flatMap(
      (command) => / (?:IMAGE_REGISTRY|FROM|CHART_REGISTRY)=(\S+)/.exec(command)?.slice(1) ?? [],
    );
    expect(new Set(places)).to.deep.equal(
      new Set(['images.example/bank/platform', 'images.example/bank/platform/charts']),
    );
    expect([...images, ...release.images]).to.deep.equal(['serving', 'serving']);
    for (const { used } of ['dev', 'staging', 'production'].map((name) => run.jobs[name]!)) {
      const deployment = used.find(({ action }) => action.endsWith('/deploy'))!;
      expect(deployment.with).to.include({
        ...{ registry: 'images.example', 'registry-user': 'robot$ci', 'registry-password': 'p' },
      });
    }
  });

  for (const failing of [
    'acceptance-image',
    'scan-images',
    'make test-serving',
    'make lint',
    'make tf-test',
  ]) {
    it(`publish and deploy nothing where ${failing} fails`, async () => {
      const rehearsal = await rehearse('ci-cd.yml', PUSH, { failing, variables: DEPLOYED });
      expect(rehearsal.called.filter((command) => command.includes(failing))).to.have.length(1);
      expect(resultsOf(rehearsal, 'gate', 'publish', 'dev', 'staging', 'production')).to.deep.equal([
        ...['gate failure', 'publish skipped', 'dev skipped', 'staging skipped', 'production skipped'],
      ]);
      expect(rehearsal.called.filter((command) => publishes(command) || deploys(command))).to.deep.equal([]);
    });
  }

  it('keep no bytes that were not accepted', async () => {
    const { called } = await rehearse('ci-cd.yml', PUSH, { failing: 'acceptance-image' });
    expect(called.some((command) => command.includes('images-save'))).to.equal(false);
  });

  it('go no further than staging where staging is not accepted', async () => {
    const rehearsal = await rehearse('ci-cd.yml', PUSH, {
      failing: 'deploy ENV=staging',
      variables: DEPLOYED,
    });
    expect(resultsOf(rehearsal, 'publish', 'staging', 'production')).to.deep.equal([
      ...['publish success', 'staging failure', 'production skipped'],
    ]);
  });

  it('go no further than the repository says', async () => {
    const rehearsal = await rehearse('ci-cd.yml', PUSH, { variables: { DEPLOY: 'staging' } });
    expect(resultsOf(rehearsal, 'dev', 'staging', 'production')).to.deep.equal([
      ...['dev skipped', 'staging success', 'production skipped'],
    ]);
  });

  it('need of a private repository only what its plan has', async () => {
    const ofPlans = (run: WorkflowResult): string[] =>
      Object.values(run.jobs)
        .flatMap(({ used }) => used.map(({ action }) => action))
        .filter((action) => /^(github\/codeql-action|actions\/attest$)/.test(action));
    const event: WorkflowEvent = { ...PUSH, isPrivate: true };
    const plain = await rehearse('ci-cd.yml', event, { variables: DEPLOYED });
    expect(ofPlans(plain.run)).to.deep.equal([]);
    expect(resultsOf(plain, 'codeql', 'gate', 'publish', 'production')).to.deep.equal([
      ...['codeql success', 'gate success', 'publish success', 'production success'],
    ]);
    const all = { CODE_SECURITY: 'true', ATTESTATIONS: 'true' };
    const asked = ofPlans((await rehearse('ci-cd.yml', event, { variables: all })).run);
    expect(asked).to.have.length.greaterThan(1).and.include('actions/attest');
    expect(ofPlans((await rehearse('ci-cd.yml', PUSH)).run)).to.deep.equal(asked);
  });

  it('go to staging and production whatever becomes of dev', async () => {
    const failing = 'deploy ENV=dev';
    const rehearsal = await rehearse('ci-cd.yml', PUSH, { failing, variables: DEPLOYED });
    expect(resultsOf(rehearsal, 'dev', 'staging', 'production')).to.deep.equal([
      ...['dev failure', 'staging success', 'production success'],
    ]);
  });

  it('test a pull request, and publish and deploy nothing of it', async () => {
    const github = { ref: 'refs/pull/7/merge' };
    const rehearsal = await rehearse('ci-cd.yml', { name: 'pull_request', github }, { variables: DEPLOYED });
    expect(resultsOf(rehearsal, 'serving', 'images', 'gate', 'publish', 'dev', 'staging')).to.deep.equal([
      ...['serving success', 'images success', 'gate success'],
      ...['publish skipped', 'dev skipped', 'staging skipped'],
    ]);
    const outward = (command: string): boolean =>
      publishes(command) || deploys(command) || command.includes('login');
    expect(rehearsal.called.filter(outward)).to.deep.equal([]);
  });

  it('push no image of the bare minimum that was not accepted', async () => {
    const { called } = await rehearse(
      'deploy.yml',
      { name: 'workflow_dispatch' },
      { failing: 'acceptance-image' },
    );
    expect(called.map((command) => command.split(' ')[1])).to.deep.equal(['images', 'acceptance-image']);
    const good = await rehearse('deploy.yml', { name: 'workflow_dispatch' });
    expect(good.called.at(-1)).to.match(/^make images-publish /);
  });

  it('hand no tag to make that is more than a version', async () => {
    for (const tag of ['v1.0.0$(shell touch pwned)', 'v1.0.0;id', 'v1.0.0-RC']) {
      const github = { ref: `refs/tags/${tag}`, ref_name: tag };
      const { run, called } = await rehearse('release.yml', { name: 'push', github });
      expect(run.result, tag).to.equal('failure');
      expect(called, tag).to.deep.equal([]);
    }
  });

  it('release nothing whose version is another one, or that is not on main', async () => {
    const github = { ref: 'refs/tags/v1.0.0', ref_name: 'v1.0.0' };
    for (const failing of ['check-version', 'merge-base']) {
      const { run, called } = await rehearse('release.yml', { name: 'push', github }, { failing });
      expect(run.result).to.equal('failure');
      expect(called.filter(publishes), failing).to.deep.equal([]);
    }
    const { run, called } = await rehearse('release.yml', { name: 'push', github });
    expect(run.result, run.log).to.equal('success');
    expect(called.filter(publishes)).to.have.length.at.least(3);
  });
});
