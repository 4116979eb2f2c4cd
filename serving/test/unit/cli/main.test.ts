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
  let replicas: FakeReplica[];

  before(async () => {
    replicas = [await FakeReplica.start(), await FakeReplica.start(), await FakeReplica.start()];
    replicas[2]!.serve('2', 'sha256:2');
    const urls = replicas.map(({ url }) => url);
    const entries: (readonly [string, readonly string[], Readonly<Record<string, string>>?])[] = [
      ...Object.entries(cases).map(([what, { args, env = {} }]) => [what, args, env] as const),
      ['help', ['--help']],
      ['agreement', ['status', '--replicas', urls.slice(0, 2).join()]],
      ['disagreement', ['status', '--replicas', urls.join(), '--json']],
    ];
    // Two at a time: there may be no more cores than that.
    const worker = async (): Promise<void> => {
      for (let next = entries.shift(); next !== undefined; next = entries.shift()) {
        const [what, args, env] = next;
        results.set(what, await servingCli(args, env));
      }
    };
    await Promise.all([worker(), worker()]);
  });

  after(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
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

  it('says what each replica serves, a line each', () => {
    const { exitCode, stdout, stderr } = results.get('agreement')!;
    expect(exitCode, stderr).to.equal(EXIT.ok);
    const lines = replicas.slice(0, 2).map(({ url }) => `${url} serves toy@champion version 1 sha256:1`);
    expect(stdout.trim().split('\n')).to.have.length(2);
    lines.forEach((line) => {
      expect(stdout).to.include(line);
    });
  });

  it('says that replicas do not agree', () => {
    const { exitCode, stdout } = results.get('disagreement')!;
    expect(exitCode).to.equal(EXIT.fleetDisagrees);
    expect(JSON.parse(stdout)).to.include({ agree: false });
  });

  it('explains itself, every exit status too', () => {
    const { exitCode, stdout } = results.get('help')!;
    expect(exitCode).to.equal(EXIT.ok);
    expect(stdout).to.match(/^Usage:\n +bless .*\n +promote /);
    const statuses = [...stdout.matchAll(/(\d) [a-z]/g)].map((match) => Number(match[1]));
    expect(statuses).to.include.members(Object.values(EXIT));
  });
});
