import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { newApiKey } from '../../../src/cli/api-key.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { startNode } from '../../support/command.js';
import { LyingEdge, type Lies } from '../../support/lying-edge.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../../support/model-packages.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { TierUnderTest } from '../../support/tier-under-test.js';
import { SERVING_ROOT } from '../../support/training-environment.js';

/** A run of the suite starts a process, compiles, and asks some hundred times. */
const RUN_TIMEOUT_MS = 180_000;

interface Outcome {
  readonly exitCode: number | null;
  readonly passed: number;
  readonly skipped: readonly string[];
  readonly failed: readonly { readonly title: string; readonly message: string }[];
}

interface RecordedTest {
  readonly fullTitle: string;
  readonly err: { readonly message?: string };
}

/** `make acceptance`, with fewer requests. */
async function acceptance(origin: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const args = [
    'node_modules/mocha/bin/mocha.js',
    '--config',
    '.mocharc.acceptance.json',
    '--reporter',
    'json',
  ];
  const { exitCode, stdout, stderr } = await startNode(SERVING_ROOT, args, {
    TARGET: origin,
    REQUESTS: '60',
    REQUESTS_PER_SECOND: '100',
    READY_WITHIN_SECONDS: '0.2',
    // What is broken takes no time; a busy machine does.
    P99_MS: '10000',
    ...env,
  }).result;
  expect(stdout, stderr).to.include('"stats"');
  const { stats, failures, pending } = JSON.parse(stdout.slice(stdout.indexOf('{\n  "stats"'))) as {
    readonly stats: { readonly passes: number };
    readonly failures: readonly RecordedTest[];
    readonly pending: readonly RecordedTest[];
  };
  return {
    exitCode,
    passed: stats.passes,
    skipped: pending.map(({ fullTitle }) => fullTitle),
    failed: failures.map(({ fullTitle, err }) => ({ title: fullTitle, message: err.message ?? '' })),
  };
}

describe('the acceptance suite', function () {
  this.timeout(RUN_TIMEOUT_MS);
  const edges: LyingEdge[] = [];
  const keys = join(temporaryDirectory(), 'keys.json');
  const keyFile = join(temporaryDirectory(), 'key');
  let open: TierUnderTest;
  let closed: TierUnderTest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA, columnsStrings } = await realPackages();
    const registry = new FakeRegistry();
    registry.promote(tensorA);
    registry.promote(columnsStrings);
    const { key, entry } = newApiKey('acceptance', undefined, Date.now());
    writeFileSync(keys, JSON.stringify({ keys: [entry] }));
    writeFileSync(keyFile, `${key}\n`);
    open = await TierUnderTest.startReady(registry, {
      MODELS: 'small-columns@champion,small-tensor@champion',
    });
    closed = await TierUnderTest.startReady(registry, {
      AUTH: 'api-key',
      API_KEYS_FILE: keys,
      API_DOCS: 'without-examples',
    });
  });

  afterEach(() => Promise.all(edges.splice(0).map((edge) => edge.close())));

  after(() => Promise.all([open, closed].map((tier) => tier.stop())));

  async function edge(lies: Lies, tier = open): Promise<string> {
    const started = await LyingEdge.start(tier.port, lies);
    edges.push(started);
    return started.origin;
  }

  function expectFailed({ exitCode, failed }: Outcome, titles: readonly string[]): void {
    expect(
      failed.map(({ title }) => title),
      JSON.stringify(failed),
    ).to.deep.equal(titles);
    expect(exitCode).to.equal(titles.length);
  }

  it('passes for a tier that keeps its promises, and skips only what it has not got', async () => {
    const { managementPort } = open.tier;
    const outcome = await acceptance(`http://127.0.0.1:${open.port}`, {
      MANAGEMENT_TARGET: `http://127.0.0.1:${managementPort}`,
    });
    expectFailed(outcome, []);
    expect(outcome.passed).to.be.above(25);
    expect(outcome.skipped).to.deep.equal([
      'what clients must not reach is the management port',
      'refusals say UNAUTHORIZED to whoever brings no key, or a wrong one',
      'TLS is of version 1.2 or later, with a certificate that is trusted and does not end soon',
      'TLS is where whoever asks without it is sent',
    ]);
  });

  it('passes for a tier that asks for keys and shows no examples', async () => {
    const outcome = await acceptance(`http://127.0.0.1:${closed.port}`, { API_KEY_FILE: keyFile });
    expectFailed(outcome, []);
    expect(outcome.skipped).to.include(
      'predictions are those that the tier publishes for its own examples, by every protocol',
    );
  });

  it('passes by TLS, and not where nobody trusts the certificate', async () => {
    const folder = temporaryDirectory();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
    await promisify(execFile)('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject]);
    const read = (file: string): string => readFileSync(file, 'utf8');
    const tls = await LyingEdge.start(open.port, {}, { key: read(key), cert: read(cert) });
    const plain = await LyingEdge.redirecting();
    edges.push(tls, plain);
    const env = { PLAIN_PORT: String(plain.port) };
    const trusting = await acceptance(tls.origin, { ...env, NODE_EXTRA_CA_CERTS: cert });
    expectFailed(trusting, []);
    expect(trusting.skipped.filter((title) => title.startsWith('TLS'))).to.deep.equal([]);
    const { failed } = await acceptance(tls.origin, env);
    expect(failed[0]?.message).to.match(/does not answer: .*self-signed/);
  });

  it('says in one failure that there is no model, or no tier, or no key', async () => {
    const empty = await TierUnderTest.start(new FakeRegistry());
    const nothing = await acceptance(`http://127.0.0.1:${empty.port}`);
    await empty.stop();
    expect(nothing.exitCode).to.equal(1);
    expect(nothing.failed.map(({ message }) => message)).to.deep.equal([
      `http://127.0.0.1:${empty.port}/health/ready answered 503: it runs, and has no model or is stopping`,
    ]);
    const nobody = await acceptance(`http://127.0.0.1:${empty.port}`);
    expect(nobody.failed[0]?.message).to.match(/does not answer: .*ECONNREFUSED/);
    const keyless = await acceptance(`http://127.0.0.1:${closed.port}`);
    expect(keyless.failed[0]?.message).to.match(/answered 401\. API_KEY_FILE must name/);
  });

  it('fails for answers that are not those of the model', async () => {
    // The same untruth for the same row, everywhere.
    const origin = await edge({
      rewrite: (path, body) =>
        path === '/openapi.json'
          ? body
          : body.replaceAll(/\d\.\d{3,}/g, (value) => String(Number(value) + 0.01)),
    });
    expectFailed(await acceptance(origin), [
      'predictions are those that the tier publishes for its own examples, by every protocol',
    ]);
  });

  it('fails for equal rows that are answered differently', async () => {
    let answered = 0;
    const origin = await edge({
      rewrite: (path, body) => {
        if (path !== '/invocations') return body;
        answered += 1;
        // Not the answers that are published: only those that come later.
        return answered <= 5 ? body : body.replaceAll(/\d\.\d{3,}/g, '0.125');
      },
    });
    expectFailed(await acceptance(origin), [
      'predictions are equal for equal rows, alone, in company and by every protocol',
    ]);
  });

  it('fails where metrics are public', async () => {
    const { managementPort } = open.tier;
    const origin = await edge({ portOf: (path) => (path === '/metrics' ? managementPort : undefined) });
    expectFailed(await acceptance(origin), ['what clients must not reach is not there: GET /metrics']);
  });

  it('fails where keys are to be asked for and are not', async () => {
    const origin = await edge({});
    expectFailed(await acceptance(origin, { API_KEY_FILE: keyFile }), [
      'refusals say UNAUTHORIZED to whoever brings no key, or a wrong one',
    ]);
  });

  it('fails where a connection is cut now and then', async () => {
    let cuts = 0;
    const origin = await edge({
      cut: (request) => {
        // Among those of the suite that sends many.
        const isCut = request > 80 && request % 20 === 0;
        if (isCut) cuts += 1;
        return isCut;
      },
    });
    expectFailed(await acceptance(origin), [
      'many requests over connections that are kept are all answered, in time',
    ]);
    expect(cuts).to.be.above(0);
  });
});
