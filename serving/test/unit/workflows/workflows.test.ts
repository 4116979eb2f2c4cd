import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  actions,
  jobs,
  PROJECT_ROOT,
  steps,
  workflowNamed,
  workflows,
  type Job,
  type Step,
} from './workflow-files.js';

const ACTION = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;
const USES = /^\s*(?:- )?uses: (\S+)(?: # (\S+))?$/gm;

/** What `make` can be asked for. */
const targets = new Set(
  [...readFileSync(join(PROJECT_ROOT, 'Makefile'), 'utf8').matchAll(/^([a-z0-9][a-z0-9-]*):(?!=)/gm)].map(
    ([, name]) => name,
  ),
);

/** Targets of `make` that a script names, its settings and options left out. */
function targetsIn(script: string): string[] {
  return [
    ...script.matchAll(
      /(?:^|[\s;&|(])make((?: +(?:[A-Z_]+=(?:"[^"]*"|'[^']*'|\S*)|[a-z0-9][a-z0-9-]*|-\S+))+)/gm,
    ),
  ]
    .flatMap(([, words]) => words!.match(/(?:[A-Z_]+=(?:"[^"]*"|'[^']*'|\S*)|\S+)/g)!)
    .filter((word) => /^[a-z0-9][a-z0-9-]*$/.test(word));
}

describe('workflows', () => {
  it('are there', () => {
    expect(workflows.map(({ path }) => path.replace('.github/workflows/', ''))).to.include.members([
      'ci-cd.yml',
      'deploy.yml',
      'nightly.yml',
      'release.yml',
    ]);
    expect(actions.map(({ path }) => path)).to.include.members([
      '.github/actions/deploy/action.yml',
      '.github/actions/promote/action.yml',
      '.github/actions/setup/action.yml',
    ]);
  });

  it('run no action of others but by its commit, with the version beside it', () => {
    for (const { path, text } of [...workflows, ...actions]) {
      const used = [...text.matchAll(USES)];
      expect(used, path).to.have.length(text.match(/\buses:/g)?.length ?? 0);
      for (const [line, action, version] of used) {
        if (action!.startsWith('./')) continue;
        expect(action, `${path}: ${line}`).to.match(ACTION);
        expect(version, `${path}: ${line}`).to.match(/^v\d+\.\d+\.\d+$/);
      }
    }
  });

  it('run one version of an action, wherever they run it', () => {
    const versions = new Map<string, Set<string>>();
    for (const { step } of steps) {
      if (step.uses === undefined || step.uses.startsWith('./')) continue;
      const [action, commit] = step.uses.split('@') as [string, string];
      const repository = action.split('/').slice(0, 2).join('/');
      versions.set(repository, (versions.get(repository) ?? new Set()).add(commit));
    }
    for (const [repository, commits] of versions) expect([...commits], repository).to.have.length(1);
  });

  it('use actions of this repository that are there', () => {
    for (const { at, step } of steps) {
      if (step.uses?.startsWith('./') !== true) continue;
      expect(existsSync(join(PROJECT_ROOT, step.uses, 'action.yml')), `${at}: ${step.uses}`).to.equal(true);
    }
  });

  it('ask make for what it knows', () => {
    let asked = 0;
    for (const { at, step } of steps) {
      for (const target of targetsIn(step.run ?? '')) {
        asked += 1;
        expect(targets.has(target), `${at}: make ${target}`).to.equal(true);
      }
    }
    expect(asked).to.be.greaterThan(30);
  });

  it('call scripts that are there and may be executed', () => {
    for (const { at, step } of steps) {
      for (const [script] of (step.run ?? '').matchAll(
        /(?:\.github|helm|serving|terraform)\/[\w./-]+\.sh/g,
      )) {
        expect(existsSync(join(PROJECT_ROOT, script)), `${at}: ${script}`).to.equal(true);
      }
    }
  });

  it('put nothing that others may write into a script: it goes by way of the environment', () => {
    for (const { at, step } of steps) expect(step.run ?? '', at).not.to.include('${{');
  });

  // Actionlint, by which `make lint-workflows` asks shellcheck, looks into no actions.
  it('have no shell in actions that shellcheck would refuse in a workflow', function () {
    const shellcheck = join(PROJECT_ROOT, '.tools/ci/workflows/bin/shellcheck');
    if (!existsSync(shellcheck)) this.skip();
    const scripts = actions.flatMap(({ path, steps: own }) => own.map(({ run }) => ({ path, run })));
    for (const { path, run = 'true' } of scripts) {
      const { status, stdout } = spawnSync(shellcheck, ['--shell=bash', '-'], {
        input: run,
        encoding: 'utf8',
      });
      expect(status, `${path}: ${stdout}`).to.equal(0);
    }
  });

  // GitHub itself stops a job after 360 minutes.
  it('end: every job has a time after which it is stopped', () => {
    for (const { at, job } of jobs) expect(job['timeout-minutes'], at).to.be.within(1, 359);
  });

  it('may do nothing that a job does not say, and every job says what it may', () => {
    for (const { path, workflow } of workflows) expect(workflow.permissions, path).to.deep.equal({});
    for (const { at, job } of jobs) expect(job.permissions, at).to.not.equal(undefined);
  });

  it('notice every failure in a pipe', () => {
    for (const { path, workflow } of workflows) {
      expect(workflow.defaults?.run.shell, path).to.equal('bash');
    }
  });

  it('leave no token of GitHub in the checkout', () => {
    for (const { at, step } of steps) {
      if (step.uses?.startsWith('actions/checkout@') !== true) continue;
      expect(step.with?.['persist-credentials'], at).to.equal(false);
    }
  });

  // By default, the action leaves out whatever is in a folder such as .reports, and says only that there is nothing.
  it('upload what is in hidden folders too', () => {
    const uploads = steps.filter(({ step }) => step.uses?.startsWith('actions/upload-artifact@') === true);
    expect(uploads).not.to.have.length(0);
    for (const { at, step } of uploads) {
      if (/^\./m.test(String(step.with?.['path'])))
        expect(step.with?.['include-hidden-files'], at).to.equal(true);
    }
  });

  // GitHub keeps what a job has uploaded when it is repeated, and refuses to take the same name once more.
  it('upload again where a job is repeated', () => {
    for (const { at, step } of steps) {
      if (step.uses?.startsWith('actions/upload-artifact@') === true)
        expect(step.with?.['overwrite'], at).to.equal(true);
    }
  });

  it('run nothing of a fork with the secrets or rights of this repository', () => {
    for (const { path, workflow } of workflows) {
      expect(Object.keys(workflow.on), path).not.to.include.members(['pull_request_target']);
      expect(Object.keys(workflow.on), path).not.to.include.members(['workflow_run']);
    }
    for (const { at, workflow, job } of jobs) {
      if (!('pull_request' in workflow.on) || isOnlyForMain(job, workflow.jobs)) continue;
      expect(JSON.stringify(job), at).not.to.match(/secrets\.|inherit/);
      const written = Object.entries(job.permissions!).flatMap(([what, may]) =>
        may === 'write' ? [what] : [],
      );
      // What CodeQL finds. GitHub gives it to no fork.
      expect(['security-events'], at).to.include.members(written);
      expect(job.environment, at).to.equal(undefined);
    }
  });

  it('restore no cache where something is published', () => {
    for (const { at, job } of jobs) {
      const may = Object.entries(job.permissions!);
      if (!may.some(([what, right]) => right === 'write' && ['packages', 'id-token'].includes(what)))
        continue;
      for (const step of withinActions(job.steps)) {
        expect(step.uses ?? '', at).not.to.match(/^actions\/cache/);
        if (step.uses === './.github/actions/setup') expect(step.with?.['cache'], at).to.equal('false');
      }
    }
  });
});

/** With the steps of this repository's actions in their place; `setup` says itself what it takes from a cache. */
function withinActions(own: readonly Step[]): readonly Step[] {
  return own.flatMap((step) => {
    const action = actions.find(({ path }) => `./${path}` === `${step.uses}/action.yml`);
    const isOpened = action !== undefined && step.uses !== './.github/actions/setup';
    return isOpened ? withinActions(action.steps) : [step];
  });
}

/** Whether a job, or one that it waits for, is only for pushes to main. */
function isOnlyForMain(job: Job, all: Readonly<Record<string, Job>>): boolean {
  const forMain = "github.event_name == 'push' && github.ref == 'refs/heads/main'";
  return job.if === forMain || job.needs.some((name) => isOnlyForMain(all[name]!, all));
}

describe('the way to production', () => {
  const { jobs: all } = workflowNamed('ci-cd.yml');
  const job = (name: string): Job => {
    const found = all[name];
    if (found === undefined) throw new Error(`ci-cd.yml has no job ${name}`);
    return found;
  };
  const placeIn = (steps: readonly Step[], wanted: RegExp): number => {
    const place = steps.findIndex(({ run, uses }) => wanted.test(run ?? uses ?? ''));
    expect(place, String(wanted)).to.be.greaterThan(-1);
    return place;
  };
  const placeOf = (name: string, wanted: RegExp): number => placeIn(job(name).steps, wanted);
  const ENVIRONMENTS = { dev: 'dev', staging: 'staging', production: 'prod' };

  it('begins with every job that can fail, each of which the gate waits for', () => {
    const afterwards = ['gate', 'publish', ...Object.keys(ENVIRONMENTS)];
    // GitHub has what it compares with for pull requests only; branch rules require it there.
    const before = Object.keys(all).filter((name) => ![...afterwards, 'dependency-review'].includes(name));
    expect(job('gate').needs).to.have.members(before);
    // Otherwise it would be skipped where one fails, and a check that was skipped counts as passed.
    expect(job('gate').if).to.equal('always()');
    // Where one of them is skipped, so is all that is behind the gate.
    for (const name of before) expect(job(name).if, name).to.equal(undefined);
  });

  it('builds images once, and hands on those that were scanned and accepted', () => {
    const building = Object.values(all).flatMap(({ steps: own }) =>
      own.filter(({ run }) => /\bmake images? /.test(run ?? '')),
    );
    expect(building).to.have.length(1);
    const order = [
      /make images /,
      /make scan-images/,
      /make acceptance-image/,
      /make images-save/,
      /upload-artifact@/,
    ];
    const places = order.map((wanted) => placeOf('images', wanted));
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
    for (const { run, ...rest } of job('images').steps)
      expect(rest, run).not.to.have.property('continue-on-error');
  });

  it('publishes behind the gate, of main alone', () => {
    expect(job('publish').needs).to.deep.equal(['gate']);
    expect(job('publish').if).to.equal("github.event_name == 'push' && github.ref == 'refs/heads/main'");
    for (const [name, { permissions }] of Object.entries(all)) {
      if (permissions?.['packages'] === 'write') expect(name).to.equal('publish');
    }
    placeOf('publish', /download-artifact@/);
    placeOf('publish', /attest@/);
  });

  it('goes through staging, with what was published and nothing else', () => {
    expect(job('production').needs).to.deep.equal(['publish', 'staging']);
    for (const [name, environment] of Object.entries(ENVIRONMENTS)) {
      expect(job(name).needs).to.include('publish');
      expect(job(name).environment?.name).to.equal(name);
      const step = job(name).steps[placeOf(name, /^\.\/\.github\/actions\/deploy$/)]!;
      expect(job(name).steps[placeOf(name, /^actions\/checkout@/)]!.with?.['fetch-depth']).to.equal(0);
      expect(step.with).to.include({ environment, digests: '${{ needs.publish.outputs.digests }}' });
    }
  });

  it('waits for nothing that becomes of a development environment', () => {
    expect(job('dev').if).to.equal("vars.DEPLOY_DEV == 'true'");
    for (const [name, { needs }] of Object.entries(all)) expect(needs, name).not.to.include('dev');
  });

  it('copies what is signed before it deploys exactly that', () => {
    const { steps: own } = actions.find(({ path }) => path === '.github/actions/deploy/action.yml')!;
    const order = [
      ...[/make deployment-files/, /make registry-login/, /make cloud-login/],
      ...[/make images-copy .*DIGESTS=/s, /make deployment-order /, /make deploy .*DIGESTS=/s],
    ];
    const places = order.map((wanted) => placeIn(own, wanted));
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
  });

  it('never has two deployments to one environment at once, and cuts none short', () => {
    for (const name of ['dev', 'staging']) {
      expect(job(name)['concurrency']).to.deep.equal({
        group: `deploy-${name}`,
        'cancel-in-progress': false,
      });
    }
    // GitHub's queue would be held by a job that waits for reviewers; `make deployment-order` waits in the cluster.
    expect(job('production')).not.to.have.property('concurrency');
  });
});

describe('the README of workflows', () => {
  const readme = readFileSync(join(PROJECT_ROOT, '.github/workflows/README.md'), 'utf8');

  it('names every workflow', () => {
    for (const { path } of workflows)
      expect(readme).to.include(`\`${path.replace('.github/workflows/', '')}\``);
  });

  it('names every variable and every secret that somebody must set, and no other', () => {
    const used = workflows.flatMap(({ text }) => [...text.matchAll(/\b(?:vars|secrets)\.([A-Z_]+)/g)]);
    const [, table = ''] = /### Variables and secrets\n([^#]*)/.exec(readme) ?? [];
    const rows = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names]) =>
      [...names!.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
    );
    expect(rows).to.have.members([...new Set(used.map(([, name]) => name))]);
  });

  it('names every environment', () => {
    for (const { at, job } of jobs) {
      const name = job.environment?.name ?? 'staging';
      // Of a workflow that is told which.
      if (!name.includes('${{')) expect(readme, at).to.include(`| \`${name}\` |`);
    }
  });
});
