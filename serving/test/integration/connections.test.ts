import { once } from 'node:events';
import { connect } from 'node:http2';
import { status as grpc } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { Problem } from '../../src/api/problem.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { eventually } from '../support/eventually.js';
import { GrpcCaller } from '../support/grpc-call.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../support/model-packages.js';
import { RawConnection } from '../support/raw-connection.js';
import { TierUnderTest } from '../support/tier-under-test.js';

const BODY = '{"instances":[[40,1,0.25]]}';
const PREDICT = `POST /predict HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n`;

describe('connections to a tier', () => {
  let registry: FakeRegistry;
  let digest: string;
  let running: TierUnderTest | undefined;
  const connections: RawConnection[] = [];

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA } = await realPackages();
    ({ digest } = tensorA);
    registry = new FakeRegistry();
    registry.promote(tensorA);
  });

  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await running?.stop();
    running = undefined;
  });

  async function start(env: Readonly<Record<string, string>>): Promise<TierUnderTest> {
    running = await TierUnderTest.startReady(registry, env);
    return running;
  }

  async function open(port: number): Promise<RawConnection> {
    const connection = await RawConnection.open(port);
    connections.push(connection);
    return connection;
  }

  it('answer a prediction that trickles with 408 and all that replies carry', async () => {
    const tier = await start({ REQUEST_TIMEOUT_SECONDS: '1' });
    const slow = await open(tier.port);
    slow.write(`${PREDICT}content-length: ${BODY.length}\r\nx-request-id: slow-1\r\n\r\n`);
    slow.write(BODY.slice(0, 10));
    const answer = await eventually(() => {
      expect(slow.answers).to.have.length(1);
      return slow.answers[0];
    });
    slow.socket.end();
    await slow.ended();
    expect(slow.answers).to.have.length(1);
    expect(answer?.status).to.equal(408);
    expect(answer!.headers).to.include({
      'x-model-version': '1',
      'x-model-digest': digest,
      'x-request-id': 'slow-1',
      'content-type': 'application/problem+json',
    });
    expect((JSON.parse(answer!.body) as Problem).code).to.equal('REQUEST_TIMEOUT');
    const labels = { route: '/predict', status: '408', code: 'REQUEST_TIMEOUT' };
    expect(sampleOf(await tier.metrics(), 'serving_requests_total', labels)).to.equal(1);
    expect(tier.log.errors).to.deep.equal([]);
  });

  it('answer a webhook whose body does not arrive with 408, like any other request', async () => {
    const tier = await start({
      REQUEST_TIMEOUT_SECONDS: '1',
      MLFLOW_WEBHOOK_SECRET: 'a-webhook-secret-of-tests',
    });
    const slow = await open(tier.tier.managementPort);
    slow.write('POST /webhooks/mlflow HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{');
    const answer = await eventually(() => {
      expect(slow.answers).to.have.length(1);
      return slow.answers[0]!;
    });
    expect(answer.status).to.equal(408);
    expect((JSON.parse(answer.body) as Problem).code).to.equal('REQUEST_TIMEOUT');
    expect(tier.log.errors).to.deep.equal([]);
  });

  it('name version, digest and request also where no request could be read', async () => {
    const tier = await start({ MAX_HEADER_BYTES: '2048' });
    for (const [bytes, status, code] of [
      ['garbage\r\n\r\n', 400, 'MALFORMED_HTTP'],
      [`GET / HTTP/1.1\r\nx: ${'x'.repeat(4_096)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ] as const) {
      for (const port of [tier.port, tier.tier.managementPort]) {
        const connection = await open(port);
        connection.write(bytes);
        await connection.ended();
        const [answer] = connection.answers;
        expect(answer?.status).to.equal(status);
        expect(answer!.headers).to.include({ 'x-model-version': '1', 'x-model-digest': digest });
        const problem = JSON.parse(answer!.body) as Problem;
        expect([problem.code, problem.request_id]).to.deep.equal([code, answer!.headers['x-request-id']]);
      }
      const labels = { route: 'none', status: String(status), code };
      expect(sampleOf(await tier.metrics(), 'serving_requests_total', labels)).to.equal(2);
    }
  });

  it('go on after a refusal of a request without a body', async () => {
    const tier = await start({});
    const connection = await open(tier.port);
    connection.write('GET /predict HTTP/1.1\r\nhost: a\r\n\r\n');
    await eventually(() => {
      expect(connection.answers[0]?.status).to.equal(405);
    });
    connection.write(`${PREDICT}content-length: ${BODY.length}\r\n\r\n${BODY}`);
    await eventually(() => {
      expect(connection.answers[1]?.status).to.equal(200);
    });
  });

  it('answer pipelined predictions in their order, and then say what is wrong with what follows', async () => {
    const tier = await start({});
    const connection = await open(tier.port);
    const request = (id: string): string =>
      `${PREDICT}content-length: ${BODY.length}\r\nx-request-id: ${id}\r\n\r\n${BODY}`;
    connection.write(`${request('a')}${request('b')}${request('c')}garbage\r\n\r\n`);
    await connection.ended();
    expect(connection.answers.map(({ status }) => status)).to.deep.equal([200, 200, 200, 400]);
    expect(connection.answers.map(({ headers }) => headers['x-request-id']).slice(0, 3)).to.deep.equal([
      'a',
      'b',
      'c',
    ]);
  });

  it('are answered as ever while 200 others hang', async () => {
    const tier = await start({ HEADERS_TIMEOUT_SECONDS: '600', REQUEST_TIMEOUT_SECONDS: '600' });
    const hanging = await Promise.all(Array.from({ length: 200 }, () => open(tier.port)));
    for (const [i, connection] of hanging.entries()) {
      connection.write(i % 2 === 0 ? PREDICT : `${PREDICT}content-length: 1000\r\n\r\n{`);
    }
    for (let i = 0; i < 50; i += 1) {
      for (const connection of hanging) connection.write('x');
      expect((await tier.predict([[40, 1, 0.25]])).status).to.equal(200);
    }
    expect(hanging.filter(({ text }) => text !== '')).to.deep.equal([]);
  });

  it('beyond the limit are closed and counted', async () => {
    const tier = await start({ MAX_CONNECTIONS: '2' });
    for (const [port, label] of [
      [tier.port, 'http'],
      [tier.tier.grpcPort, 'grpc'],
    ] as const) {
      await open(port);
      await open(port);
      const third = await open(port);
      await third.ended();
      expect(third.text).to.equal('');
      expect(sampleOf(await tier.metrics(), 'serving_connections_dropped_total', { port: label })).to.equal(
        1,
      );
    }
  });

  describe('for gRPC', () => {
    it('are cut when nobody is there any more', async () => {
      const tier = await start({ GRPC_KEEPALIVE_SECONDS: '0.1' });
      const silent = await open(tier.tier.grpcPort);
      await silent.ended();
      expect(silent.text, 'the settings and a ping, as frames of HTTP/2').not.to.include('HTTP/1');
    });

    it('do not wait for the message of a call for ever', async () => {
      const tier = await start({ REQUEST_TIMEOUT_SECONDS: '0.2' });
      const session = connect(`http://127.0.0.1:${tier.tier.grpcPort}`);
      const call = session.request({
        ':method': 'POST',
        ':path': '/inference.GRPCInferenceService/ModelInfer',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      call.write(Buffer.from([0, 0, 0, 1, 0, 7]));
      const [headers] = (await once(call, 'response')) as [Record<string, unknown>];
      session.destroy();
      expect(headers['grpc-status']).to.equal(String(grpc.DEADLINE_EXCEEDED));
    });

    it('say what they can not read, as of the client', async () => {
      const tier = await start({});
      const session = connect(`http://127.0.0.1:${tier.tier.grpcPort}`);
      const call = session.request({
        ':method': 'POST',
        ':path': '/inference.GRPCInferenceService/ModelInfer',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      call.end(Buffer.from([0, 0, 0, 0, 2, 0x0a, 0xff]));
      const [headers] = (await once(call, 'response')) as [Record<string, unknown>];
      session.destroy();
      expect(headers).to.include({
        'grpc-status': String(grpc.INVALID_ARGUMENT),
        'x-error-code': 'INVALID_REQUEST',
      });
    });

    it('say how many calls they take at once', async () => {
      const tier = await start({ GRPC_MAX_CONCURRENT_STREAMS: '7' });
      const session = connect(`http://127.0.0.1:${tier.tier.grpcPort}`);
      const [settings] = (await once(session, 'remoteSettings')) as [{ maxConcurrentStreams?: number }];
      session.destroy();
      expect(settings.maxConcurrentStreams).to.equal(7);
    });

    it('are asked to close when they are old, and calls go on over new ones', async () => {
      const tier = await start({ GRPC_MAX_CONNECTION_AGE_SECONDS: '0.1' });
      const session = connect(`http://127.0.0.1:${tier.tier.grpcPort}`);
      await once(session, 'goaway');
      session.destroy();
      const caller = new GrpcCaller(tier.tier.grpcPort);
      const end = performance.now() + 500;
      while (performance.now() < end) expect((await caller.call('ServerLive', {})).status).to.equal(0);
      caller.close();
    });

    it('do not keep a tier from stopping', async () => {
      // Longer than a test may take.
      const tier = await start({ SHUTDOWN_TIMEOUT_SECONDS: '600' });
      const caller = new GrpcCaller(tier.tier.grpcPort);
      await caller.call('ServerLive', {});
      await open(tier.tier.grpcPort);
      await tier.stop();
      running = undefined;
      caller.close();
    });
  });
});
