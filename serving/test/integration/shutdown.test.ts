import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { SessionCounter } from '../fakes/session-counter.js';
import { eventually } from '../support/eventually.js';
import { readAnswer } from '../support/http-request.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { rejection } from '../support/rejection.js';
import { TierUnderTest } from '../support/tier-under-test.js';

const BODY = JSON.stringify({ instances: [[40, 1, 0.25]] });
/** Whoever waited to the end of this would wait for longer than a test may. */
const PATIENT = { SHUTDOWN_TIMEOUT_SECONDS: '600' };

describe('stopping', () => {
  let packages: RealPackages;
  let sessions: SessionCounter;
  let agent: Agent;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  beforeEach(() => {
    sessions = new SessionCounter();
    agent = new Agent({ keepAlive: true });
  });

  afterEach(() => {
    sessions.restore();
    agent.destroy();
  });

  function started(env: Readonly<Record<string, string>> = {}): Promise<TierUnderTest> {
    const registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    return TierUnderTest.startReady(registry, env);
  }

  /** A request of which the server has the first half. */
  async function halfSent(running: TierUnderTest): Promise<ClientRequest> {
    const outgoing = request({
      port: running.port,
      path: '/predict',
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': BODY.length },
      agent,
    });
    await new Promise((resolve) => outgoing.write(BODY.slice(0, 10), resolve));
    // The server has seen it once it has seen a later one.
    await running.request('/health/live');
    return outgoing;
  }

  it('finishes a request in flight, then takes none', async () => {
    const running = await started(PATIENT);
    const outgoing = await halfSent(running);
    const stopped = running.stop();
    await eventually(() => rejection(running.request('/health/live'), Error));

    outgoing.end(BODY.slice(10));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answer = await readAnswer(response);
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.headers['x-model-version']).to.equal('1');

    await stopped;
    await rejection(running.request('/health/live'), Error);
    await rejection(running.manage('/status'), Error);
    expect([sessions.created, sessions.released]).to.deep.equal([1, 1]);
    expect(running.log.errors).to.deep.equal([]);
  });

  it('is not ready from the first moment on, but answers for a while where it is told to', async () => {
    const running = await started({ SHUTDOWN_DELAY_SECONDS: '3' });
    const stopped = running.stop();
    const ready = await running.request('/health/ready');
    expect([ready.status, ready.json]).to.deep.equal([503, { status: 'not_ready' }]);
    expect((await running.status()).ready).to.equal(false);
    const answer = await running.predict([[40, 1, 0.25]], { agent });
    expect([answer.status, answer.headers.connection]).to.deep.equal([200, 'close']);
    await stopped;
  });

  it('cuts a request that does not end, when the time is over', async () => {
    const running = await started({ SHUTDOWN_TIMEOUT_SECONDS: '0.2' });
    const outgoing = await halfSent(running);
    const failed = once(outgoing, 'error') as Promise<[Error]>;
    await running.stop();
    expect((await failed)[0].message).to.include('socket hang up');
    expect([sessions.created, sessions.released]).to.deep.equal([1, 1]);
  });

  it('does not wait for a client that keeps an idle connection', async () => {
    const running = await started(PATIENT);
    await running.predict([[40, 1, 0.25]], { agent });
    await running.stop();
  });

  it('stops while there is no model', async () => {
    const running = await TierUnderTest.start(new FakeRegistry());
    await running.stop();
    expect(sessions.created).to.equal(0);
  });

  it('does not wait longer than it may for a download that hangs', async () => {
    const registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    const hanging = new Readable({ read: () => undefined });
    registry.tampered.set('model.onnx', () => hanging);
    const running = await TierUnderTest.start(registry, { SHUTDOWN_TIMEOUT_SECONDS: '0.2' });
    await eventually(() => {
      expect(registry.calls).to.include('openArtifact model.onnx');
    });
    await running.stop();
    hanging.destroy();
  });
});
