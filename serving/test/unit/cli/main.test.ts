import { expect } from 'chai';
import { EXIT } from '../../../src/cli/exit-codes.js';
import { FakeReplica } from '../../fakes/fake-replica.js';
import { servingCli, type CommandResult } from '../../support/command.js';

const NOWHERE = { MLFLOW_TRACKING_URI: 'http://127.0.0.1:1' };

describe('the command line', function () {
  // Every command is a process, and they share a machine that may be busy.
  this.timeout(60_000);

  interface Case {
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly exitCode: number;
    readonly stderr: RegExp;
  }
  const promotion = ['promote', '--model', 'm', '--version', '1'];
  const cases: Record<string, Case> = {
    'no command': { args: [], exitCode: EXIT.usage, stderr: /^No command\n\nUsage:/ },
    'a command that there is not': {
      args: ['constructor'],
      exitCode: EXIT.usage,
      stderr: /^Unknown command constructor\n\nUsage:/,
    },
    'an option that is missing, by name': {
      args: ['bless', '--model', 'm'],
      exitCode: EXIT.usage,
      stderr: /^--version .*\n\nUsage:/,
    },
    'an option that there is not': {
      args: ['bless', '--model', 'm', '--version', '1', '--force'],
      exitCode: EXIT.usage,
      stderr: /'--force'/,
    },
    'every wrong value, by name': {
      args: [...promotion.with(4, 'latest'), '--expect-champion', 'v3', '--timeout-seconds', '0'],
      exitCode: EXIT.usage,
      stderr: /^--version .*--expect-champion .*--timeout-seconds /,
    },
    'to wait for no replicas': {
      args: [...promotion, '--expect-champion', 'none', '--wait'],
      exitCode: EXIT.usage,
      stderr: /--wait needs --replicas/,
    },
    'a registry address that is none': {
      args: [...promotion, '--expect-champion', 'none'],
      env: { MLFLOW_TRACKING_URI: 'sqlite:///mlflow.db' },
      exitCode: EXIT.usage,
      stderr: /^Configuration is not usable\. MLFLOW_TRACKING_URI: .*\n$/,
    },
    'to promote without a registry': {
      args: [...promotion, '--expect-champion', 'none', '--json'],
      env: NOWHERE,
      exitCode: EXIT.registryUnreachable,
      stderr: /^.*ECONNREFUSED.*\n$/,
    },
  };
  const results = new Map<string, CommandResult>();

  before(async () => {
    const entries = Object.entries(cases);
    // Two at a time: there may be no more cores than that.
    const worker = async (): Promise<void> => {
      for (let next = entries.shift(); next !== undefined; next = entries.shift()) {
        const [what, { args, env }] = next;
        results.set(what, await servingCli(args, env));
      }
    };
    await Promise.all([worker(), worker()]);
  });

  for (const [what, { exitCode, stderr }] of Object.entries(cases)) {
    it(`refuses ${what} with exit status ${exitCode}`, () => {
      const result = results.get(what)!;
      expect(result.exitCode, result.stderr).to.equal(exitCode);
      expect(result.stderr).to.match(stderr);
      expect(result.stdout, 'stdout is for results').to.equal('');
      expect(result.stderr, 'no stack').not.to.match(/^ +at /m);
    });
  }

  it('tells whether replicas agree, as text and as JSON', async () => {
    const replicas = [await FakeReplica.start(), await FakeReplica.start()];
    try {
      const urls = replicas.map(({ url }) => url).join();
      const agreed = await servingCli(['status', '--replicas', urls]);
      expect(agreed.exitCode, agreed.stderr).to.equal(EXIT.ok);
      expect(agreed.stdout.trim().split('\n')).to.have.length(2);
      replicas[1]!.serve('2', 'sha256:2');
      const disagreed = await servingCli(['status', '--replicas', urls, '--json']);
      expect(disagreed.exitCode).to.equal(EXIT.fleetDisagrees);
      expect(JSON.parse(disagreed.stdout)).to.include({ agree: false });
    } finally {
      await Promise.all(replicas.map((replica) => replica.stop()));
    }
  });

  it('explains itself', async () => {
    const { exitCode, stdout } = await servingCli(['--help']);
    expect(exitCode).to.equal(EXIT.ok);
    expect(stdout).to.match(/^Usage:\n +bless .*\n +promote /);
    const statuses = [...stdout.matchAll(/(\d) [a-z]/g)].map((match) => Number(match[1]));
    expect(statuses, 'every exit status is explained').to.include.members(Object.values(EXIT));
  });
});
