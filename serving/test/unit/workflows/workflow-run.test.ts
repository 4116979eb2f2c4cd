import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../support/eventually.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { executed } from '../../workflows/runner/ledger.js';
import type { JobResult } from '../../workflows/runner/job-run.js';
import {
  runWorkflow,
  type WorkflowResult,
  type WorkflowRunOptions,
} from '../../workflows/runner/workflow-run.js';

describe('the runner of workflows', () => {
  let root: string;

  beforeEach(() => {
    root = temporaryDirectory();
  });

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  function run(jobs: string, options: Partial<WorkflowRunOptions> = {}, head = ''): Promise<WorkflowResult> {
    write(
      'w.yml',
      `name: W\non: {workflow_dispatch: {inputs: {who: {required: true}, sure: {type: boolean}}}}\n${head}\njobs:\n${jobs}`,
    );
    const event = { name: 'workflow_dispatch', inputs: { who: 'ana' } } as const;
    return runWorkflow('w.yml', { root, event, ...options });
  }

  /** One job of these steps. */
  async function steps(
    text: string,
    options: Partial<WorkflowRunOptions> = {},
    head = '',
  ): Promise<JobResult> {
    const indented = text.replaceAll(/^(?=.)/gm, '      ');
    return (
      await run(
        `  only:\n    outputs: {said: "\${{ steps.say.outputs.said }}"}\n    steps:\n${indented}`,
        options,
        head,
      )
    ).jobs['only']!;
  }

  const outcomes = ({ steps: all }: JobResult) => all.map(({ name, outcome }) => `${name}: ${outcome}`);

  it('hands outputs, environment, paths and the summary from step to step', async () => {
    write('bin/hello', '#!/bin/sh\necho "hello $1"\n');
    const job = await steps(`
- id: say
  run: |
    echo "said=one=two" >> "$GITHUB_OUTPUT"
    printf 'MANY<<END\\na\\nb\\nEND\\n' >> "$GITHUB_ENV"
    chmod +x bin/hello && echo "$GITHUB_WORKSPACE/bin" >> "$GITHUB_PATH"
    echo '# Title' >> "$GITHUB_STEP_SUMMARY"
- run: hello "$SAID $MANY $WHO $CI $GITHUB_ACTOR"
  env: {SAID: "\${{ steps.say.outputs.said }}", WHO: "\${{ inputs.who }}"}
`);
    expect(job.result, job.log).to.equal('success');
    expect(job.steps[1]!.log).to.equal('hello one=two a\nb ana true ana\n');
    expect(job.summary).to.equal('# Title\n');
    expect(job.outputs).to.deep.equal({ said: 'one=two' });
  });

  it('has the environment of workflow, job and step, the nearest first, and none of this process', async () => {
    const jobs = `  only:
    env: {B: job, C: job, D: "\${{ env.A }}"}
    steps: [{run: 'echo $A $B $C $D .$MFLAGS$MAKELEVEL.', env: {C: step}}]`;
    process.env['MAKELEVEL'] = '1';
    const { jobs: results } = await run(jobs, {}, 'env: {A: workflow, B: workflow}');
    delete process.env['MAKELEVEL'];
    expect(results['only']!.steps[0]!.log).to.equal('workflow job step workflow ..\n');
  });

  it('stops after a failure, but for steps that ask how it went', async () => {
    const job = await steps(`
- {name: bad, run: exit 3}
- {name: next, run: echo no}
- {name: clean, if: failure(), run: echo yes}
- {name: always, if: "always() && inputs.who == 'ana'", run: echo yes}
- {name: never, if: cancelled(), run: echo no}
- {name: fine, if: success(), run: echo no}
`);
    expect(job.result).to.equal('failure');
    expect(outcomes(job)).to.deep.equal(['bad: failure', 'clean: success', 'always: success']);
    expect(job.steps[0]!.exitCode).to.equal(3);
  });

  it('goes on where a step may fail, which shows in its outcome alone', async () => {
    const job = await steps(`
- {id: may, run: exit 1, continue-on-error: true}
- {run: "echo \${{ steps.may.outcome }} \${{ steps.may.conclusion }}"}
`);
    expect(job.result).to.equal('success');
    expect(job.steps[1]!.log).to.equal('failure success\n');
  });

  it('notices a pipe that breaks in its middle only where bash is named, as GitHub', async () => {
    expect((await steps('- run: false | cat')).result).to.equal('success');
    expect((await steps('- {run: false | cat, shell: bash}')).result).to.equal('failure');
    expect((await steps('- run: false | cat', {}, 'defaults: {run: {shell: bash}}')).result).to.equal(
      'failure',
    );
    expect((await steps('- run: |\n    false\n    echo not reached')).log).not.to.include('not reached\n');
  });

  it('ends a step whose time is over', async () => {
    const job = await steps(`
- {name: long, run: exec sleep 60, timeout-minutes: 0.005}
- {name: clean, if: failure(), run: echo yes}
`);
    expect(outcomes(job)).to.deep.equal(['long: failure', 'clean: success']);
  });

  it('cancels: the step that runs is interrupted, and those for that case come next', async () => {
    const cancel = new AbortController();
    const file = join(root, 'begun');
    const running = steps(
      `
- {name: long, run: 'trap "echo interrupted; exit 1" INT; touch begun; sleep 60 & wait'}
- {name: next, run: echo no}
- {name: clean, if: cancelled(), run: echo yes}
`,
      { cancel: cancel.signal },
    );
    await eventually(() => expect(existsSync(file)).to.equal(true));
    cancel.abort();
    const job = await running;
    expect(job.result).to.equal('cancelled');
    expect(outcomes(job)).to.deep.equal(['long: cancelled', 'clean: success']);
    expect(job.log).to.include('interrupted');
  });

  it('runs jobs after those that they need, hands their outputs on, and skips what needs one that failed', async () => {
    const { jobs, result } = await run(`
  last: {needs: [bad, good], steps: [{run: echo no}]}
  told: {needs: good, steps: [{run: 'echo \${{ needs.good.outputs.said }}'}]}
  gate: {needs: [bad, good], if: always(), steps: [{run: "echo \${{ join(needs.*.result, ' ') }}"}]}
  bad: {steps: [{run: exit 1}]}
  good: {outputs: {said: '\${{ steps.a.outputs.x }}'}, steps: [{id: a, run: 'echo x=1 >> "$GITHUB_OUTPUT"'}]}`);
    const results = Object.entries(jobs).map(([id, job]) => `${id} ${job.result}`);
    expect(results.sort()).to.deep.equal([
      ...['bad failure', 'gate success', 'good success', 'last skipped', 'told success'],
    ]);
    expect(jobs['told']!.steps[0]!.log).to.equal('1\n');
    expect(jobs['gate']!.steps[0]!.log).to.equal('failure success\n');
    expect(result).to.equal('failure');
  });

  it('skips what needs a skipped job by way of one that always runs, unless it asks for the status itself', async () => {
    const { jobs } = await run(`
  left-out: {if: "inputs.who == 'bo'", steps: [{run: echo no}]}
  gate: {needs: left-out, if: always(), steps: [{run: echo yes}]}
  behind: {needs: gate, if: "inputs.who == 'ana'", steps: [{run: echo no}]}
  nevertheless: {needs: gate, if: "!cancelled() && needs.gate.result == 'success'", steps: [{run: echo yes}]}`);
    expect(Object.entries(jobs).map(([id, job]) => `${id} ${job.result}`)).to.have.members([
      ...['left-out skipped', 'gate success', 'behind skipped', 'nevertheless success'],
    ]);
  });

  it('runs a job once for each choice of its matrix', async () => {
    const { jobs } = await run(`
  many: {strategy: {matrix: {a: [1, 2], b: [x, y]}}, steps: [{run: 'echo \${{ matrix.a }}\${{ matrix.b }}'}]}`);
    expect(jobs['many']!.steps.map(({ log }) => log.trim())).to.deep.equal(['1x', '1y', '2x', '2y']);
  });

  it('says which environment and which queue it is for', async () => {
    const result = await run(
      '  go: {environment: "${{ inputs.who }}s", concurrency: {group: "job-${{ inputs.who }}"}, steps: []}',
      {},
      'run-name: Of ${{ inputs.who }}\nconcurrency: {group: "champion-${{ inputs.who }}", cancel-in-progress: false}',
    );
    expect(result).to.deep.include({
      title: 'Of ana',
      concurrency: 'champion-ana',
      environments: { go: 'anas' },
    });
    expect(result.concurrencyOfJobs).to.deep.equal({ go: 'job-ana' });
  });

  it('refuses what GitHub refuses: inputs that are missing, unknown, or none of the choices', async () => {
    const attempt = async (inputs: Record<string, string>): Promise<string> => {
      try {
        await run('  go: {steps: []}', { event: { name: 'workflow_dispatch', inputs } });
        return 'started';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(await attempt({})).to.equal('The input who is missing');
    expect(await attempt({ who: 'ana', whom: 'bo' })).to.include('no input whom');
    expect(await attempt({ who: 'ana' })).to.equal('started');
  });

  describe('with actions', () => {
    const ACTION = `
name: Greet
inputs: {whom: {required: true}, how: {default: hello}}
outputs: {greeting: {value: "\${{ steps.greet.outputs.text }}"}}
runs:
  using: composite
  steps:
    - {id: greet, shell: bash, run: 'echo "text=$HOW $WHOM" >> "$GITHUB_OUTPUT"; "$GITHUB_ACTION_PATH/tell"', env: {HOW: "\${{ inputs.how }}", WHOM: "\${{ inputs.whom }}"}}
    - {if: "inputs.whom == 'nobody'", shell: bash, run: exit 1}
`;
    function writeAction(folder: string): void {
      write(`${folder}/action.yml`, ACTION);
      write(`${folder}/tell`, 'echo "told in $PWD"');
    }

    it('runs those of this repository, step by step, in the checkout', async () => {
      executed.clear();
      writeAction('actions/greet');
      chmodSync(join(root, 'actions/greet/tell'), 0o755);
      const job = await steps(`
- {id: say, uses: ./actions/greet, with: {whom: "\${{ inputs.who }}"}}
- {run: "echo \${{ steps.say.outputs.greeting }}"}
- {uses: ./actions/greet, with: {whom: nobody}}
- {run: echo not reached}
`);
      expect(job.steps.map(({ log }) => log.trim())).to.deep.equal([
        `told in ${root}`,
        'hello ana',
        `told in ${root}`,
        '',
      ]);
      expect(job.result).to.equal('failure');
      expect([...executed]).to.deep.equal([
        ...['actions/greet/action.yml#/0', 'w.yml#only/1', 'actions/greet/action.yml#/1'],
      ]);
    });

    it('puts stand-ins in the place of those of others, and keeps what they were given', async () => {
      const job = await steps(
        `
- {uses: actions/checkout@0123, with: {persist-credentials: false}}
- {id: log-in, uses: cloud/login@4567, with: {who: "\${{ inputs.who }}"}}
- {run: 'echo $TOKEN \${{ steps.log-in.outputs.until }}'}
`,
        {
          standIns: {
            'cloud/login': (used) => ({
              outputs: { until: 'noon' },
              env: { TOKEN: `of-${used.with['who']!}` },
            }),
          },
        },
      );
      expect(job.steps.at(-1)!.log).to.equal('of-ana noon\n');
      expect(job.used).to.deep.equal([
        { action: 'actions/checkout', version: '0123', with: { 'persist-credentials': 'false' } },
        { action: 'cloud/login', version: '4567', with: { who: 'ana' } },
      ]);
    });

    it('does not go on where nothing stands in, or where an input does not exist', async () => {
      writeAction('greet');
      const failures = await Promise.allSettled([
        steps('- uses: somebody/else@v1'),
        steps('- {uses: ./greet, with: {whim: x}}'),
      ]);
      const reasons = failures.map((one) => (one.status === 'rejected' ? (one.reason as Error).message : ''));
      expect(reasons[0]).to.include('nothing stands in for somebody/else');
      expect(reasons[1]).to.include('no input whim');
    });

    it('does not let the secrets of a workflow into an action', async () => {
      write(
        'peek/action.yml',
        'name: Peek\nruns: {using: composite, steps: [{shell: bash, run: "echo ${{ secrets.KEY }}"}]}\n',
      );
      let message = '';
      await steps('- uses: ./peek', { secrets: { KEY: 'k' } }).catch(
        (error: unknown) => (message = (error as Error).message),
      );
      expect(message).to.include('asks for secrets, which is not known here');
    });
  });

  it('does not pass over keys that it does not know', async () => {
    let message = '';
    await steps('- {run: echo, continue-on-eror: true}').catch(
      (error: unknown) => (message = (error as Error).message),
    );
    expect(message).to.include('continue-on-eror');
  });
});
