import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { UNCOUNTED_BYTES } from '../../src/api/body-budget.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { eventually } from '../support/eventually.js';
import { readAnswer, type HttpAnswer } from '../support/http-request.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../support/model-packages.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';

const BODY_BYTES = 4 * UNCOUNTED_BYTES;
const ROW = '{"instances":[[40,1,0.25]]}';
/** Good JSON, and as large as a body may be. */
const BODY = ROW + ' '.repeat(BODY_BYTES - ROW.length);
const JSON_TYPE = { 'content-type': 'application/json' };

describe('the bytes that all bodies hold together', () => {
  let running: TierUnderTest;
  const unfinished: ClientRequest[] = [];

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA } = await realPackages();
    const registry = new FakeRegistry();
    registry.promote(tensorA);
    running = await TierUnderTest.startReady(registry, {
      MAX_BODY_BYTES: String(BODY_BYTES),
      MAX_BUFFERED_BYTES: String(BODY_BYTES),
    });
  });

  afterEach(async () => {
    for (const outgoing of unfinished.splice(0)) outgoing.destroy();
    await eventually(async () => {
      expect(await heldBytes(), 'everything is given back').to.equal(0);
    });
  });

  after(() => running.stop());

  /** A request whose body is still to be sent. */
  function open(headers: Readonly<Record<string, string>>): ClientRequest {
    const outgoing = request({
      port: running.port,
      path: '/predict',
      method: 'POST',
      headers: { ...JSON_TYPE, ...headers },
      agent: false,
    });
    outgoing.on('error', () => undefined);
    unfinished.push(outgoing);
    return outgoing;
  }

  async function answerTo(outgoing: ClientRequest): Promise<HttpAnswer> {
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return readAnswer(response);
  }

  function whole(): Promise<HttpAnswer> {
    return running.request('/predict', { method: 'POST', body: BODY, headers: JSON_TYPE });
  }

  function expectRefusal(answer: HttpAnswer): void {
    expect(answer.status, answer.text).to.equal(503);
    expect(problemIn(answer).code).to.equal('OVERLOADED');
    expect(answer.headers).to.include({ 'retry-after': '1', connection: 'close' });
  }

  async function heldBytes(): Promise<number | undefined> {
    return sampleOf(await running.metrics(), 'serving_buffered_body_bytes');
  }

  /** Brings all of a large body but its end, and waits until it has arrived. */
  async function holdMost(): Promise<ClientRequest> {
    const holder = open({ 'content-length': String(BODY_BYTES) });
    holder.write(BODY.slice(0, -1));
    await eventually(async () => {
      expect(await heldBytes()).to.equal(BODY_BYTES - 1 - UNCOUNTED_BYTES);
    });
    return holder;
  }

  it('are bounded: what does not fit is refused, and what is small or came first is answered', async () => {
    const holder = await holdMost();
    const announced = open({ 'content-length': String(BODY_BYTES) });
    announced.flushHeaders();
    expectRefusal(await answerTo(announced));
    expect((await running.predict([[40, 1, 0.25]])).status).to.equal(200);
    const small = ROW + ' '.repeat(UNCOUNTED_BYTES - ROW.length);
    const answer = await running.request('/predict', { method: 'POST', body: small, headers: JSON_TYPE });
    expect(answer.status).to.equal(200);
    const held = answerTo(holder);
    holder.end(BODY.slice(-1));
    expect((await held).status).to.equal(200);
    expect((await whole()).status).to.equal(200);
  });

  it('are bounded also where no length is announced, and whoever goes on sending reads the refusal', async () => {
    await holdMost();
    const chunked = open({ 'transfer-encoding': 'chunked' });
    const answered = answerTo(chunked);
    for (let at = 0; at < BODY.length; at += UNCOUNTED_BYTES) {
      chunked.write(BODY.slice(at, at + UNCOUNTED_BYTES));
    }
    expectRefusal(await answered);
  });

  it('are given back by a client that goes away', async () => {
    const holder = await holdMost();
    expectRefusal(await whole());
    holder.destroy();
    await eventually(async () => {
      expect((await whole()).status).to.equal(200);
    });
  });

  it('are given back by requests that are refused for what they say', async () => {
    for (let i = 0; i < 3; i += 1) {
      const body = `[${BODY.slice(1)}`;
      const answer = await running.request('/predict', { method: 'POST', body, headers: JSON_TYPE });
      expect(problemIn(answer).code).to.equal('INVALID_JSON');
    }
  });

  it('are not taken by a client that announces much and sends nothing', async () => {
    for (let i = 0; i < 5; i += 1) open({ 'content-length': String(BODY_BYTES) }).flushHeaders();
    expect((await whole()).status).to.equal(200);
  });
});
