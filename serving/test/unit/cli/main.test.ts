import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ApiKeys } from '../../../src/api/access/api-keys.js';
import { EXIT } from '../../../src/cli/exit-codes.js';
import { FakeReplica } from '../../fakes/fake-replica.js';
import { servingCli, type CommandResult } from '../../support/command.js';

const NOWHERE = { MLFLOW_TRACKING_URI: 'http://127.0.0.1:1' };

describe('the command line', function () {
  // Every command is a process, and they share a machine that may be busy.
  this.timeout(120_000);

  interface Case {
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly exitCode: number;
    readonly stderr: RegExp;
    /** With `--json`: what `code` says. */
    readonly code?: string;
  }
  /** `{status}` becomes the address of a registry that answers with that status and nothing else. */
  const answering = (status: number) => ({ MLFLOW_TRACKING_URI: `{${status}}` });
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
      args: ['bless', '--model', 'm', '--version', '1', '--loud'],
      exitCode: EXIT.usage,
      stderr: /'--loud'/,
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
    'to do anything else with API keys than making them': {
      args: ['api-key', 'list'],
      exitCode: EXIT.usage,
      stderr: /^Expected api-key new\n\nUsage:/,
    },
    'a key without a usable name': {
      args: ['api-key', 'new', '--name', 'two words', '--expires-in-days', '0'],
      exitCode: EXIT.usage,
      stderr: /^--name .*--expires-in-days /,
    },
    'a key that would be good for all models by a slip': {
      args: ['api-key', 'new', '--name', 'batch', '--models', ''],
      exitCode: EXIT.usage,
      stderr: /^--models.* must not have an empty entry/,
    },
    'a key without a name, as an object': {
      args: ['api-key', 'new', '--json'],
      exitCode: EXIT.usage,
      stderr: /^--name /,
      code: 'USAGE',
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
      code: 'REGISTRY_UNREACHABLE',
    },
    'to bless with a wrong password': {
      args: ['bless', '--model', 'm', '--version', '1', '--json'],
      env: answering(401),
      exitCode: EXIT.registryDenied,
      stderr: /^GET .*401.*\n$/,
      code: 'REGISTRY_DENIED',
    },
    'to promote where one may only read': {
      args: [...promotion, '--expect-champion', 'none', '--json'],
      env: answering(403),
      exitCode: EXIT.registryDenied,
      stderr: /^GET .*403.*\n$/,
      code: 'REGISTRY_DENIED',
    },
    'to bless what is not registered': {
      args: ['bless', '--model', 'm', '--version', '1', '--json'],
      env: answering(404),
      exitCode: EXIT.notRegistered,
      stderr: /^The registry has no version 1 of model m\n$/,
      code: 'NOT_REGISTERED',
    },
    'to promote what is not registered': {
      args: [...promotion, '--expect-champion', 'none'],
      env: answering(404),
      exitCode: EXIT.notRegistered,
      stderr: /^The registry has no version 1 of model m\n$/,
    },
    'what the registry does not understand': {
      args: ['bless', '--model', 'm', '--version', '1', '--json'],
      env: answering(400),
      exitCode: EXIT.failed,
      stderr: /^GET .*400.*\n$/,
      code: 'FAILED',
    },
    'to promote without a blessing and without a reason': {
      args: [...promotion, '--expect-champion', 'none', '--force'],
      exitCode: EXIT.usage,
      stderr: /--force needs --reason/,
    },
    'a reason of several lines': {
      args: ['rollback', '--model', 'm', '--reason', 'one\ntwo'],
      exitCode: EXIT.usage,
      stderr: /^--reason must be one line/,
    },
    'to roll back without a reason': {
      args: ['rollback', '--model', 'm'],
      exitCode: EXIT.usage,
      stderr: /^--reason /,
    },
    'to sign with what is no key': {
      args: ['bless', '--model', 'm', '--version', '1', '--signing-key', 'package.json', '--json'],
      env: NOWHERE,
      exitCode: EXIT.usage,
      stderr: /^The private key can't be read; it must be Ed25519 in PEM format, without passphrase\n$/,
      code: 'USAGE',
    },
    'to check with a key file that is not there': {
      args: ['verify', '--model', 'm', '--version', '1', '--public-keys', '/no/such/file'],
      env: NOWHERE,
      exitCode: EXIT.usage,
      stderr: /^The key file can't be read: /,
    },
    'to show the history of a model that is not registered': {
      args: ['history', '--model', 'm', '--json'],
      env: answering(404),
      exitCode: EXIT.notRegistered,
      stderr: /^GET .*404.*\n$/,
      code: 'NOT_REGISTERED',
    },
    'to measure what is no package': {
      args: ['measure', '--package', '/no/such/folder', '--json'],
      exitCode: EXIT.refused,
      stderr: /^\/no\/such\/folder: no manifest: .*\n$/,
      code: 'CONTRACT_VIOLATION',
    },
    'a wrong option, in JSON too': {
      args: ['bless', '--model', 'm', '--json'],
      exitCode: EXIT.usage,
      stderr: /^--version /,
      code: 'USAGE',
    },
  };
  const results = new Map<string, CommandResult>();
  let replicas: FakeReplica[];
  let registry: Server;

  before(async () => {
    registry = createServer((request, response) => {
      response.writeHead(Number(/^\/(\d+)\//.exec(request.url ?? '')?.[1])).end();
    });
    await once(registry.listen(0, '127.0.0.1'), 'listening');
    const registryUrl = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
    const withAddress = ({ MLFLOW_TRACKING_URI: uri, ...env }: Readonly<Record<string, string>>) => ({
      ...env,
      ...(uri !== undefined && { MLFLOW_TRACKING_URI: uri.replace(/^\{(\d+)\}$/, `${registryUrl}/$1`) }),
    });
    replicas = [await FakeReplica.start(), await FakeReplica.start(), await FakeReplica.start()];
    replicas[2]!.serve('2', 'sha256:2');
    const urls = replicas.map(({ url }) => url);
    const entries: (readonly [string, readonly string[], Readonly<Record<string, string>>?])[] = [
      ...Object.entries(cases).map(([what, { args, env = {} }]) => [what, args, env] as const),
      ['help', ['--help']],
      ['key', ['api-key', 'new', '--name', 'batch', '--models', 'credit, churn', '--expires-in-days', '30']],
      ['key as an object', ['api-key', 'new', '--name', 'batch', '--json']],
      ['agreement', ['status', '--replicas', urls.slice(0, 2).join()]],
      ['disagreement', ['status', '--replicas', urls.join(), '--json']],
    ];
    // Two at a time: there may be no more cores than that.
    const worker = async (): Promise<void> => {
      for (let next = entries.shift(); next !== undefined; next = entries.shift()) {
        const [what, args, env] = next;
        results.set(what, await servingCli(args, withAddress(env ?? {})));
      }
    };
    await Promise.all([worker(), worker()]);
  });

  after(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await new Promise((resolve) => registry.close(resolve));
  });

  for (const [what, { exitCode, stderr, code }] of Object.entries(cases)) {
    it(`refuses ${what} with exit status ${exitCode}`, () => {
      const result = results.get(what)!;
      expect(result.exitCode, result.stderr).to.equal(exitCode);
      expect(result.stderr).to.match(stderr);
      if (code === undefined) expect(result.stdout, 'stdout is for results').to.equal('');
      else {
        expect(JSON.parse(result.stdout)).to.deep.equal({ code, reason: result.stderr.trimEnd() });
      }
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

  it('makes a key, shows it once, and says what to keep of it', () => {
    const { exitCode, stdout, stderr } = results.get('key')!;
    expect(exitCode, stderr).to.equal(EXIT.ok);
    const [key, ...more] = stdout.split('\n');
    expect(key).to.match(/^msk_/);
    const kept = more.slice(more.findIndex((line) => line.startsWith('- '))).join('\n');
    expect(kept).not.to.include(key);
    const found = ApiKeys.parse(`keys:\n${kept}`).find(key!);
    expect(found?.caller).to.deep.equal({
      id: 'batch',
      authenticated: true,
      models: new Set(['credit', 'churn']),
    });
    expect(found?.expiresAtMs).to.be.within(Date.now() + 29 * 86_400_000, Date.now() + 31 * 86_400_000);
  });

  it('makes a key for programs', () => {
    const { exitCode, stdout, stderr } = results.get('key as an object')!;
    expect([exitCode, stderr]).to.deep.equal([EXIT.ok, '']);
    const { key, entry } = JSON.parse(stdout) as { key: string; entry: object };
    expect(ApiKeys.parse(JSON.stringify({ keys: [entry] })).find(key)?.caller.id).to.equal('batch');
  });

  it('explains itself, every exit status too', () => {
    const { exitCode, stdout } = results.get('help')!;
    expect(exitCode).to.equal(EXIT.ok);
    expect(stdout).to.match(/^Usage:\n +measure .*\n +bless .*\n +promote /);
    const statuses = [...stdout.matchAll(/(\d+) [a-z]/g)].map((match) => Number(match[1]));
    expect(statuses).to.include.members(Object.values(EXIT));
  });
});
