import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect } from 'chai';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { eventually } from '../../support/eventually.js';
import { GrpcCaller } from '../../support/grpc-call.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../../support/model-packages.js';
import { OtlpSink, type ReceivedSpan } from '../../support/otlp-sink.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const ROW = [40, 1, 0.25];
const PARENT = '00f067aa0ba902b7';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const UNSAMPLED = `00-${TRACE}-${PARENT}-00`;

describe('tracing', () => {
  let registry: FakeRegistry;
  let sink: OtlpSink;
  let running: TierUnderTest | undefined;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    registry = new FakeRegistry();
    registry.promote((await realPackages()).tensorA);
  });

  beforeEach(async () => {
    sink = await OtlpSink.start();
  });

  afterEach(async () => {
    await running?.stop();
    await sink.stop();
  });

  async function start(env: Readonly<Record<string, string>> = {}): Promise<TierUnderTest> {
    running = await TierUnderTest.startReady(registry, {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpEndpoint,
      OTEL_BSP_SCHEDULE_DELAY: '20',
      ACCESS_LOG_SAMPLE_RATE: '1',
      ...env,
    });
    return running;
  }

  /** The server's span of a trace, and those below it, once all of them arrived. */
  function serverSpan(traceId: string, children = 0): Promise<readonly [ReceivedSpan, ReceivedSpan[]]> {
    return eventually(() => {
      const trace = sink.trace(traceId);
      const server = trace.find(({ kind }) => kind === 'server');
      if (server === undefined) throw new Error(`No span of a server among ${trace.length}`);
      const below = trace.filter(({ parentId }) => parentId === server.spanId);
      expect(below).to.have.length(children);
      return [server, below] as const;
    });
  }

  it('continues the trace of a client over HTTP, stage by stage, and tells the client', async () => {
    const tier = await start();
    const answer = await tier.predict([ROW], {
      headers: { traceparent: SAMPLED, tracestate: 'vendor=1', 'x-request-id': 'p-1' },
    });
    const [server, stages] = await serverSpan(TRACE, 4);
    expect(server).to.include({
      parentId: PARENT,
      name: 'POST /predict',
      traceState: 'vendor=1',
      isError: false,
    });
    expect(server.attributes).to.include({
      'http.request.method': 'POST',
      'http.route': '/predict',
      'http.response.status_code': 200,
      'serving.request_id': 'p-1',
      'serving.rows': 1,
      'serving.model.name': 'small-tensor',
      'serving.model.version': '1',
    });
    expect(server.resource).to.include({ 'service.name': 'model-serving' });
    expect(stages.map(({ name }) => name)).to.deep.equal(['read', 'encode', 'run', 'write']);
    for (const { startNs, endNs } of stages) {
      expect(startNs >= server.startNs && endNs <= server.endNs && startNs <= endNs).to.equal(true);
    }
    expect(answer.headers['traceresponse']).to.equal(`00-${TRACE}-${server.spanId}-01`);
    const line = tier.log.lines.find(({ msg }) => msg === 'request');
    expect(line).to.include({ trace_id: TRACE, span_id: server.spanId });
  });

  it('continues the trace of a client over gRPC, and tells the client', async () => {
    const tier = await start();
    const request = {
      model_name: 'small-tensor',
      inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], contents: { fp32_contents: ROW } }],
    };
    const caller = new GrpcCaller(tier.tier.grpcPort);
    const { metadata, details } = await caller.call('ModelInfer', request, { traceparent: SAMPLED });
    caller.close();
    expect(details).to.equal('');
    const [server, stages] = await serverSpan(TRACE, 4);
    expect(server).to.include({ parentId: PARENT, name: 'inference.GRPCInferenceService/ModelInfer' });
    expect(server.attributes).to.include({
      'rpc.system.name': 'grpc',
      'rpc.method': 'inference.GRPCInferenceService/ModelInfer',
      'rpc.status_code': 'OK',
      'serving.model.version': '1',
    });
    expect(stages.map(({ name }) => name)).to.deep.equal(['read', 'encode', 'run', 'write']);
    expect(metadata['traceresponse']).to.equal(`00-${TRACE}-${server.spanId}-01`);
  });

  it('continues the trace of a client on the routes of Express, under the declared route', async () => {
    const tier = await start();
    await tier.request('/v2/models/small-tensor', { headers: { traceparent: SAMPLED } });
    const [server] = await serverSpan(TRACE);
    expect(server.name).to.match(/^GET \/v2\/models\/{model}/);
    expect(server.attributes).to.include({ 'http.response.status_code': 200 });
  });

  it('takes a refusal for no error of this side, and names its code', async () => {
    const tier = await start();
    await tier.predict([['text', 1, 2]], { headers: { traceparent: SAMPLED } });
    const [server] = await serverSpan(TRACE, 3);
    expect(server.isError).to.equal(false);
    expect(server.attributes).to.include({
      'http.response.status_code': 422,
      'serving.code': 'SIGNATURE_MISMATCH',
    });
    expect(server.attributes).not.to.have.property('error.type');
  });

  it('takes a failure of this side for an error, and puts the trace beside it into the log', async () => {
    running = await TierUnderTest.start(new FakeRegistry(), {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpEndpoint,
      OTEL_BSP_SCHEDULE_DELAY: '20',
    });
    await running.predict([ROW], { headers: { traceparent: SAMPLED } });
    const server = await eventually(() => {
      const found = sink.trace(TRACE).find(({ kind }) => kind === 'server');
      if (found === undefined) throw new Error('No span yet');
      return found;
    });
    expect(server.isError).to.equal(true);
    expect(server.attributes).to.include({
      'http.response.status_code': 503,
      'error.type': 'MODEL_NOT_READY',
    });
    const failure = running.log.lines.find((line) => line['code'] === 'MODEL_NOT_READY');
    expect(failure).to.include({ trace_id: TRACE, span_id: server.spanId });
  });

  it('respects that a caller does not sample, and names the trace in the log all the same', async () => {
    const tier = await start();
    const answer = await tier.predict([ROW], { headers: { traceparent: UNSAMPLED } });
    expect(answer.headers).not.to.have.property('traceresponse');
    // What came after it arrived, so it would have arrived as well.
    await tier.predict([ROW], { headers: { traceparent: `00-${'1'.repeat(32)}-${PARENT}-01` } });
    await serverSpan('1'.repeat(32), 4);
    expect(sink.trace(TRACE)).to.be.empty;
    const line = tier.log.lines.find(({ msg }) => msg === 'request');
    expect(line).to.include({ trace_id: TRACE });
  });

  it('begins a trace where there is none, and where what was sent is none', async () => {
    const tier = await start();
    const one = await tier.predict([ROW]);
    const other = await tier.predict([ROW], {
      headers: { traceparent: `00-${'0'.repeat(32)}-${PARENT}-01` },
    });
    const ids = [one, other].map(({ headers }) => String(headers['traceresponse']).split('-')[1]!);
    expect(new Set(ids).size).to.equal(2);
    for (const id of ids) expect((await serverSpan(id, 4))[0].parentId).to.equal('');
  });

  it('begins no trace with parentbased_always_off, and continues those that are sampled', async () => {
    const tier = await start({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
    const answer = await tier.predict([ROW]);
    expect(answer.headers).not.to.have.property('traceresponse');
    await tier.predict([ROW], { headers: { traceparent: SAMPLED } });
    await serverSpan(TRACE, 4);
  });

  it('stays out of the traces of others with OTEL_PROPAGATORS=none', async () => {
    const tier = await start({ OTEL_PROPAGATORS: 'none' });
    const answer = await tier.predict([ROW], { headers: { traceparent: SAMPLED } });
    expect(answer.headers['traceresponse']).to.be.a('string').and.not.include(TRACE);
  });

  it('is off without an endpoint', async () => {
    running = await TierUnderTest.startReady(registry);
    const answer = await running.predict([ROW], { headers: { traceparent: SAMPLED } });
    expect(answer.status).to.equal(200);
    expect(answer.headers).not.to.have.property('traceresponse');
  });

  it('exports over gRPC too', async () => {
    const tier = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.grpcEndpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    });
    await tier.predict([ROW], { headers: { traceparent: SAMPLED } });
    await serverSpan(TRACE, 4);
    expect(sink.exports).to.be.empty;
  });

  it('exports what is left when it stops', async () => {
    const tier = await start({ OTEL_BSP_SCHEDULE_DELAY: '60000' });
    await tier.predict([ROW], { headers: { traceparent: SAMPLED } });
    expect(sink.trace(TRACE)).to.be.empty;
    await tier.stop();
    running = undefined;
    expect(sink.trace(TRACE)).to.have.length(5);
  });

  it('says once that traces can not be exported, and once that they are again', async () => {
    const tier = await start();
    sink.httpStatus = 400;
    for (let i = 0; i < 3; i += 1) {
      const before = sink.exports.length;
      await tier.predict([ROW]);
      await eventually(() => expect(sink.exports.length).to.be.above(before));
    }
    sink.httpStatus = 200;
    await tier.predict([ROW], { headers: { traceparent: SAMPLED } });
    await serverSpan(TRACE, 4);
    await eventually(() => {
      const said = tier.log.lines.map(({ msg }) => msg).filter((msg) => msg.includes('exported'));
      expect(said).to.deep.equal(['traces can not be exported and are dropped', 'traces are exported again']);
    });
  });

  describe('to a collector that never answers', () => {
    let silent: Server;

    beforeEach(async () => {
      silent = createServer((socket) => socket.on('error', () => undefined));
      await once(silent.listen(0, '127.0.0.1'), 'listening');
    });

    afterEach(() => {
      silent.close();
    });

    it('holds up neither requests nor, for more than some seconds, the stop', async () => {
      const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      // Whoever waited for an export would wait for longer than a test may.
      const FOR_EVER_MS = '600000';
      const tier = await start({
        ...{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_MAX_QUEUE_SIZE: '16' },
        ...{ OTEL_EXPORTER_OTLP_TIMEOUT: FOR_EVER_MS, OTEL_BSP_EXPORT_TIMEOUT: FOR_EVER_MS },
      });
      for (let i = 0; i < 100; i += 1) expect((await tier.predict([ROW])).status).to.equal(200);
      await tier.stop();
      running = undefined;
    });
  });
});
