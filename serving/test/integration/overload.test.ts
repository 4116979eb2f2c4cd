import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status as grpc } from '@grpc/grpc-js';
import { expect } from 'chai';
import { newApiKey } from '../../src/cli/api-key.js';
import type { RequestErrorCode } from '../../src/errors.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { HeldRuns } from '../fakes/held-runs.js';
import { eventually } from '../support/eventually.js';
import { GrpcCaller } from '../support/grpc-call.js';
import type { HttpAnswer } from '../support/http-request.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../support/model-packages.js';
import { RawConnection } from '../support/raw-connection.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';

type Headers = Readonly<Record<string, string>>;

/** Requests that fill the queue: as long as no row has been computed, each counts with the work around the graph alone. */
const PLACES = 10;
const REQUEST_COST_MS = 0.03;
const MAX_QUEUE_MS = String(PLACES * REQUEST_COST_MS);

describe('a tier that is asked for more than it can do', () => {
  let registry: FakeRegistry;
  let runs: HeldRuns;
  let running: TierUnderTest;
  let caller: GrpcCaller;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA } = await realPackages();
    registry = new FakeRegistry();
    registry.promote(tensorA);
    runs = new HeldRuns();
  });

  afterEach(async () => {
    runs.release();
    caller.close();
    await running.stop();
  });

  after(() => {
    runs.restore();
  });

  /** A tier whose graph waits from its first request on. */
  async function start(env: Readonly<Record<string, string>>): Promise<void> {
    running = await TierUnderTest.startReady(registry, env);
    caller = new GrpcCaller(running.tier.grpcPort);
    runs.ran.length = 0;
    runs.hold();
  }

  /** @param mark the row's first value, by which it is known again in `ran` */
  function ask(mark: number, headers: Headers = {}): Promise<HttpAnswer> {
    return running.predict([[mark, 1, 0.25]], { headers });
  }

  function askGrpc(mark: number, headers: Headers = {}, timeoutMs?: number) {
    const inputs = [
      { name: 'features', datatype: 'FP32', shape: [1, 3], contents: { fp32_contents: [mark, 1, 0.25] } },
    ];
    return caller.call('ModelInfer', { inputs }, headers, timeoutMs);
  }

  function expectRefusal(answer: HttpAnswer, status: number, code: RequestErrorCode): void {
    expect(answer.status, answer.text).to.equal(status);
    expect(problemIn(answer).code).to.equal(code);
    expect(answer.headers['retry-after']).to.equal('1');
  }

  /** Waits until so many requests are in the queue, or at the graph. */
  async function waiting(requests: number): Promise<void> {
    await eventually(async () => {
      const seconds = sampleOf(await running.metrics(), 'serving_queued_work_seconds');
      expect(seconds).to.be.closeTo((requests * REQUEST_COST_MS) / 1_000, 1e-9);
    });
  }

  /** The first is at the graph, so that the others are not in its batch. */
  async function fill(requests: number, headers: Headers): Promise<Promise<HttpAnswer>[]> {
    const first = ask(1, headers);
    await eventually(() => {
      expect(runs.ran).to.deep.equal([1]);
    });
    const others = Array.from({ length: requests - 1 }, (_, i) => ask(i + 2, headers));
    await waiting(requests);
    return [first, ...others];
  }

  async function expectRefusalBeforeTheBody(headers: Headers): Promise<void> {
    const connection = await RawConnection.open(running.port);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    connection.write(`POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n${lines.join('')}\r\n`);
    await eventually(() => {
      expect(connection.answers[0]?.status).to.equal(429);
    });
    expect(connection.answers[0]!.headers).to.include({ 'retry-after': '1', connection: 'close' });
    connection.close();
  }

  const { key: floodersKey, entry: flooder } = newApiKey('flooder', undefined, Date.now());
  const { key: othersKey, entry: other } = newApiKey('other', undefined, Date.now());
  const ways: Record<string, { env: () => Record<string, string>; flooder: Headers; other: Headers }> = {
    'by their API keys': {
      env: () => {
        const file = join(temporaryDirectory(), 'keys.json');
        writeFileSync(file, JSON.stringify({ keys: [flooder, other] }));
        return { AUTH: 'api-key', API_KEYS_FILE: file };
      },
      flooder: { 'x-api-key': floodersKey },
      other: { 'x-api-key': othersKey },
    },
    'by their addresses behind a trusted proxy': {
      env: () => ({ TRUSTED_PROXIES: '127.0.0.0/8' }),
      flooder: { 'x-forwarded-for': '198.51.100.1' },
      other: { 'x-forwarded-for': '198.51.100.2' },
    },
  };
  for (const [what, { env, flooder: floods, other: asksLittle }] of Object.entries(ways)) {
    it(`refuses at once what would wait too long, and tells clients apart ${what}`, async () => {
      await start({ ...env(), MAX_QUEUE_MS });
      const admitted = await fill(PLACES, floods);

      // All of this is answered while the graph still waits.
      expectRefusal(await ask(100, floods), 503, 'OVERLOADED');
      const patient = ask(200, asksLittle);
      const alike = askGrpc(201, asksLittle);
      await waiting(PLACES + 2);
      expectRefusal(await ask(101, floods), 429, 'RATE_LIMITED');
      const overGrpc = await askGrpc(102, floods);
      expect([overGrpc.status, overGrpc.metadata['x-error-code']]).to.deep.equal([
        grpc.RESOURCE_EXHAUSTED,
        'RATE_LIMITED',
      ]);
      await expectRefusalBeforeTheBody(floods);
      expect(runs.ran).to.deep.equal([1]);

      runs.release();
      for (const answer of await Promise.all([...admitted, patient])) {
        expect(answer.status, answer.text).to.equal(200);
      }
      expect((await alike).status).to.equal(grpc.OK);
      expect(runs.ran, 'what was refused is never computed').to.have.members([
        ...Array.from({ length: PLACES }, (_, i) => i + 1),
        200,
        201,
      ]);
      await waiting(0);
      expect((await running.status()).servables[0]?.in_flight).to.equal(0);
      expect((await ask(1, floods)).status).to.equal(200);
      expect(running.log.errors).to.deep.equal([]);
    });
  }

  it('takes nobody for another because of an address that no trusted proxy has written', async () => {
    await start({ MAX_QUEUE_MS });
    const admitted = await fill(PLACES, { 'x-forwarded-for': '198.51.100.1' });
    expectRefusal(await ask(100, { 'x-forwarded-for': '198.51.100.2' }), 503, 'OVERLOADED');
    runs.release();
    for (const answer of await Promise.all(admitted)) expect(answer.status).to.equal(200);
  });

  it('computes nothing for those who wait no longer when their turn comes, and all for the others', async () => {
    await start({ MAX_QUEUE_MS: '1000' });
    const first = ask(1);
    await eventually(() => {
      expect(runs.ran).to.deep.equal([1]);
    });
    const timeoutMs = 1_500;
    const late = ask(2, { 'x-request-timeout-ms': String(timeoutMs) });
    const lateOverGrpc = askGrpc(3, {}, timeoutMs);
    const patient = ask(4, { 'x-request-timeout-ms': '60000' });
    const patientOverGrpc = askGrpc(5, {}, 60_000);
    await waiting(5);
    // From here on, the deadlines of those that are late are over for the tier as well.
    const over = performance.now() + timeoutMs;
    while (performance.now() < over) await new Promise((resolve) => setImmediate(resolve));
    expect((await lateOverGrpc).status).to.equal(grpc.DEADLINE_EXCEEDED);

    runs.release();
    expect((await first).status).to.equal(200);
    const answer = await late;
    expect(answer.status, answer.text).to.equal(504);
    expect(problemIn(answer).code).to.equal('DEADLINE_EXCEEDED');
    expect(answer.headers['retry-after']).to.equal(undefined);
    expect((await patient).status).to.equal(200);
    expect((await patientOverGrpc).status).to.equal(grpc.OK);
    expect(runs.ran).to.deep.equal([1, 4, 5]);
    await waiting(0);
  });
});
