import { expect } from 'chai';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import type { LogLine } from '../../fakes/captured-log.js';
import { eventually } from '../../support/eventually.js';
import { GrpcCaller } from '../../support/grpc-call.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../../support/model-packages.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const ROW = [40, 1, 0.25];

describe('the access log', () => {
  let registry: FakeRegistry;
  let running: TierUnderTest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    registry = new FakeRegistry();
    registry.promote((await realPackages()).tensorA);
  });

  afterEach(() => running.stop());

  async function start(env: Readonly<Record<string, string>>): Promise<void> {
    running = await TierUnderTest.startReady(registry, env);
  }

  function lines(): readonly LogLine[] {
    return running.log.lines.filter(({ msg }) => msg === 'request');
  }

  /** A request is answered before its line is written. */
  function lineOf(requestId: string): Promise<LogLine> {
    return eventually(() => {
      const line = lines().find((candidate) => candidate['request_id'] === requestId);
      if (line === undefined) throw new Error(`No line of ${requestId}`);
      return line;
    });
  }

  it('has a line of a prediction: by whom, with which version, how long', async () => {
    await start({ ACCESS_LOG_SAMPLE_RATE: '1' });
    await running.predict([ROW, ROW], { headers: { 'x-request-id': 'p-1' } });
    const line = await lineOf('p-1');
    expect(line).to.include({
      route: '/predict',
      method: 'POST',
      status: 200,
      code: 'ok',
      rows: 2,
      model: 'small-tensor',
      version: '1',
    });
    expect(line['duration_ms']).to.be.a('number').above(0);
    expect(line['stages_ms']).to.have.all.keys('read', 'encode', 'run', 'write');
  });

  it('has a line of a refusal, a gRPC call and a route of Express, but none of probes', async () => {
    await start({ ACCESS_LOG_SAMPLE_RATE: '1' });
    const id = (name: string) => ({ headers: { 'x-request-id': name } });
    await running.predict([['text', 1, 2]], id('refused'));
    await running.request('/v2/models/small-tensor', id('metadata'));
    await running.request('/v2/models/absent', id('absent'));
    await running.request('/health/ready', id('probe'));
    const grpc = new GrpcCaller(running.tier.grpcPort);
    await grpc.call('ModelMetadata', { name: 'small-tensor' }, { 'x-request-id': 'grpc' });
    grpc.close();
    expect(await lineOf('refused')).to.include({ status: 422, code: 'SIGNATURE_MISMATCH' });
    expect(await lineOf('metadata')).to.include({ status: 200, code: 'ok', method: 'GET' });
    expect((await lineOf('metadata'))['route']).to.match(/^\/v2\/models\/{model}/);
    expect(await lineOf('absent')).to.include({ status: 404, code: 'MODEL_NOT_FOUND' });
    expect(await lineOf('grpc')).to.include({ route: 'grpc/ModelMetadata', status: 200, version: '1' });
    expect(lines().map((line) => line['request_id'])).not.to.include('probe');
  });

  it('holds nothing that a client sent, but headers that are allowed', async () => {
    await start({ ACCESS_LOG_SAMPLE_RATE: '1', LOG_ALLOWED_HEADERS: 'x-team' });
    const headers = {
      'x-team': 'scoring',
      'x-income': '91827364',
      authorization: 'Bearer 91827364',
      'x-request-id': 'secretive',
    };
    await running.predict([[91827364, 1, 0.25]], { headers });
    await running.predict([['91827364', 1, 0.25]], { headers });
    await running.request('/v2/models/91827364?q=91827364', { headers });
    expect((await lineOf('secretive'))['headers']).to.deep.equal({ 'x-team': 'scoring' });
    expect(lines()).to.have.length(3);
    expect(running.log.text).not.to.include('91827364');
  });

  it('is off at 0, failures of this side aside', async () => {
    await start({ ACCESS_LOG_SAMPLE_RATE: '0' });
    await running.predict([ROW]);
    await running.predict([['text', 1, 2]]);
    await running.request('/v2/models/absent');
    expect(lines()).to.be.empty;
  });

  it('does not let a flood of refusals write more lines than allowed', async () => {
    await start({ ACCESS_LOG_SAMPLE_RATE: '1', ACCESS_LOG_REFUSALS_PER_SECOND: '3' });
    const seconds = performance.now();
    for (let i = 0; i < 60; i += 1) await running.predict([['text', 1, 2]]);
    const windows = Math.ceil((performance.now() - seconds) / 1_000) + 1;
    expect(lines().length).to.be.within(3, 3 * windows);
  });
});
