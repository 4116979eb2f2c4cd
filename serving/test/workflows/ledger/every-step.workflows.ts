import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { monitoringTool } from '../../support/monitoring-tools.js';
import { executed, stepKey } from '../runner/ledger.js';
import { readAction, readWorkflow, type Step } from '../runner/workflow.js';
import { REPOSITORY_ROOT } from '../runner/workflow-run.js';

/**
 * Commands that no test of these suites executes, and why. The order of all of them, and what stops them, is rehearsed
 * with stand-ins in test/unit/workflows/rehearsal.test.ts; that each target exists, in workflows.test.ts.
 */
const ELSEWHERE: readonly { readonly commands: RegExp; readonly why: string }[] = [
  { commands: /^make (lint|test-[\w-]+|check-[\w-]+|helm-test|tf-validate|tf-test)$/, why: 'a suite of its own, which every change passes' },
  { commands: /^make scan-(secrets|python|node|files)$/, why: 'looks at the repository, and asks lists of vulnerabilities of the internet' },
  { commands: /^make (soak|stream-kill-test|fuzz|bench|bench-history)\b/, why: 'takes a night, or a quiet machine' },
  { commands: /^make (kind-up|test-cluster|test-delivery|cluster-up|cluster-game-day)\b/, why: 'needs Docker for kind; in another cluster, .ci/run does the same' },
  { commands: /^make (images|scan-images|acceptance-image|images-save) /, why: 'builds for minutes: `make test-delivery`' },
  { commands: /^make (registry-login|images-publish|images-copy|images-release|charts-publish)\b/, why: 'needs registries: `make test-delivery`, and test/integration/workflows' },
  { commands: /^make (cloud-login|deployment-files|deployment-order|deploy)\b/, why: 'needs an environment: `make test-delivery`, and test/integration/workflows' },
  { commands: /^(gh release create|make changelog|make check-version|git merge-base)\b/, why: 'needs a release' },
  ...(process.env['KUBECONFIG']
    ? []
    : [{ commands: /rollback-release|kubeconfig/, why: 'needs a cluster: KUBECONFIG is not set' }]),
  { commands: /^\[\[ \$(RESULTS|GITHUB_REF_NAME) =~ /, why: 'is executed by the rehearsal' },
]; // prettier-ignore

interface FoundStep {
  readonly key: string;
  readonly command: string;
}

function runStepsOf(file: string, job: string, steps: readonly Step[]): FoundStep[] {
  return steps.flatMap(({ run }, index) =>
    run === undefined ? [] : [{ key: stepKey(file, job, index), command: run.trim() }],
  );
}

function everyStep(): FoundStep[] {
  const files = readdirSync(join(REPOSITORY_ROOT, '.github/workflows')).filter((name) =>
    name.endsWith('.yml'),
  );
  const workflows = files.flatMap((name) => {
    const file = `.github/workflows/${name}`;
    const { jobs } = readWorkflow(join(REPOSITORY_ROOT, file));
    return Object.entries(jobs).flatMap(([id, { steps = [] }]) => runStepsOf(file, id, steps));
  });
  const actions = readdirSync(join(REPOSITORY_ROOT, '.github/actions')).flatMap((name) => {
    const file = `.github/actions/${name}/action.yml`;
    return runStepsOf(file, '', readAction(join(REPOSITORY_ROOT, file)).runs.steps);
  });
  return [...workflows, ...actions];
}

/** Comes last: what the suites before it have executed is in the ledger. */
describe('every step of every workflow', () => {
  before(function () {
    if (executed.size === 0) {
      this.test!.title = 'skipped: no suite has run before it';
      this.skip();
    }
    if (monitoringTool('prometheus') === undefined) {
      this.test!.title = 'skipped: without Prometheus the canary was not run';
      this.skip();
    }
  });

  it('is executed by one of these suites, or there is a reason why not', () => {
    const neither = everyStep()
      .filter(({ key }) => !executed.has(key))
      .filter(({ command }) => !ELSEWHERE.some(({ commands }) => commands.test(command)));
    expect(neither).to.deep.equal([]);
  });

  it('has no excuse that is needed no more', () => {
    const missing = everyStep().filter(({ key }) => !executed.has(key));
    for (const { commands } of ELSEWHERE) {
      const excused = missing.filter(({ command }) => commands.test(command));
      expect(excused, `${String(commands)} excuses nothing`).not.to.deep.equal([]);
    }
  });
});
