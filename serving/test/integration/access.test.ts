import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status as grpc } from '@grpc/grpc-js';
import { expect } from 'chai';
import { newApiKey } from '../../src/cli/api-key.js';
import type { RequestErrorCode } from '../../src/errors.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { AUDIENCE, ISSUER, TokenIssuer } from '../fakes/token-issuer.js';
import { eventually } from '../support/eventually.js';
import { GrpcCaller } from '../support/grpc-call.js';
import type { HttpAnswer } from '../support/http-request.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../support/model-packages.js';
import { RawConnection } from '../support/raw-connection.js';
import { rejection } from '../support/rejection.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';

const ROW = [40, 1, 0.25];
const MODEL = 'small-tensor';
const OPEN_INFERENCE = {
  inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: ROW }],
};

describe('a tier that asks who calls', () => {
  const { key, entry } = newApiKey('batch', undefined, Date.now());
  const limited = newApiKey('limited', undefined, Date.now());
  const elsewhere = newApiKey('elsewhere', undefined, Date.now());
  let registry: FakeRegistry;
  let issuer: TokenIssuer;
  let running: TierUnderTest;
  let caller: GrpcCaller;
  let env: Record<string, string>;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA } = await realPackages();
    registry = new FakeRegistry();
    registry.promote(tensorA);
    issuer = await TokenIssuer.start();
    const file = join(temporaryDirectory(), 'keys.json');
    const keys = [
      entry,
      { ...limited.entry, routes: ['/v2/*', 'grpc/*'], models: ['another-model'] },
      { ...elsewhere.entry, models: ['another-model'] },
    ];
    writeFileSync(file, JSON.stringify({ keys }));
    env = {
      AUTH: 'any',
      API_KEYS_FILE: file,
      JWT_JWKS_URL: issuer.jwksUrl,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      AUTH_ROUTES: '/version=off,/invocations=jwt',
    };
    running = await TierUnderTest.startReady(registry, env);
    caller = new GrpcCaller(running.tier.grpcPort);
  });

  after(async () => {
    caller.close();
    await running.stop();
    await issuer.stop();
  });

  function expectRefusal(answer: HttpAnswer, status: number, code: RequestErrorCode): void {
    expect(answer.status, answer.text).to.equal(status);
    expect(problemIn(answer).code).to.equal(code);
    expect(answer.headers).to.include({ 'x-model-version': '1' });
    expect(answer.headers['www-authenticate']).to.equal(
      status === 401 ? 'Bearer realm="model-serving"' : undefined,
    );
  }

  const routes: Record<string, (headers: Record<string, string>) => Promise<HttpAnswer>> = {
    '/predict': (headers) => running.predict([ROW], { headers }),
    '/v2 infer': (headers) => running.post(`/v2/models/${MODEL}/infer`, OPEN_INFERENCE, { headers }),
    '/v1 predict': (headers) =>
      running.post(`/v1/models/${MODEL}:predict`, { instances: [ROW] }, { headers }),
    'model metadata': (headers) => running.request(`/v2/models/${MODEL}`, { headers }),
    'the server': (headers) => running.request('/v2', { headers }),
    'the description of the API': (headers) => running.request('/openapi.json', { headers }),
    'the documentation': (headers) => running.request('/docs', { headers }),
  };
  for (const [what, ask] of Object.entries(routes)) {
    it(`answers nobody without a credential: ${what}`, async () => {
      expectRefusal(await ask({}), 401, 'UNAUTHORIZED');
      expectRefusal(await ask({ 'x-api-key': `${key}x` }), 401, 'UNAUTHORIZED');
    });

    it(`answers whoever has a key or a token: ${what}`, async () => {
      expect((await ask({ 'x-api-key': key })).status).to.be.oneOf([200, 301, 302]);
      expect((await ask({ authorization: `Bearer ${key}` })).status).to.be.oneOf([200, 301, 302]);
      const token = await issuer.token();
      for (let i = 0; i < 2; i += 1) {
        expect((await ask({ authorization: `Bearer ${token}` })).status).to.be.oneOf([200, 301, 302]);
      }
    });
  }

  it('answers probes without a credential', async () => {
    for (const path of ['/health/live', '/health/ready', '/v2/health/live', '/v2/health/ready', '/ping']) {
      expect((await running.request(path)).status, path).to.equal(200);
    }
  });

  it('lets routes differ', async () => {
    expect((await running.request('/version')).status).to.equal(200);
    const ask = (headers: Record<string, string>) =>
      running.post('/invocations', { inputs: [ROW] }, { headers });
    expectRefusal(await ask({ 'x-api-key': key }), 401, 'UNAUTHORIZED');
    expect((await ask({ authorization: `Bearer ${await issuer.token()}` })).status).to.equal(200);
  });

  it('can not be asked under another spelling of a route', async () => {
    for (const path of ['/V2', '/v2/', '/VERSION/../v2', `/V2/models/${MODEL}/`, '/Docs', '/OPENAPI.json']) {
      expect((await running.request(path)).status, path).to.be.oneOf([401, 404]);
    }
  });

  it('keeps keys to their routes and models', async () => {
    const headers = { 'x-api-key': limited.key };
    expectRefusal(await routes['/predict']!(headers), 403, 'FORBIDDEN');
    expectRefusal(await routes['/v2 infer']!(headers), 403, 'FORBIDDEN');
    expectRefusal(await routes['model metadata']!(headers), 403, 'FORBIDDEN');
    expectRefusal(
      await running.post('/v2/models/another-model/infer', OPEN_INFERENCE, { headers }),
      404,
      'MODEL_NOT_FOUND',
    );
  });

  it('shows its description to nobody who may not ask for all that it describes', async () => {
    const headers = { 'x-api-key': elsewhere.key };
    expectRefusal(await routes['the description of the API']!(headers), 403, 'FORBIDDEN');
    expect((await routes['the documentation']!(headers)).status, 'the page alone').to.equal(200);
  });

  it('wants the scope of a token for predictions only', async () => {
    const headers = { authorization: `Bearer ${await issuer.token({ scope: 'read' })}` };
    expectRefusal(await routes['/predict']!(headers), 403, 'FORBIDDEN');
    expect((await routes['model metadata']!(headers)).status).to.equal(200);
  });

  it('refuses before it reads the body', async () => {
    const connection = await RawConnection.open(running.port);
    connection.write('POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n');
    await eventually(() => {
      expect(connection.answers[0]?.status).to.equal(401);
    });
    connection.close();
    expectRefusal(await running.predict(['not a row']), 401, 'UNAUTHORIZED');
  });

  describe('over gRPC', () => {
    const request = {
      model_name: MODEL,
      inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], contents: { fp32_contents: ROW } }],
    };

    it('answers nobody without a credential, but probes', async () => {
      for (const method of ['ModelInfer', 'ModelMetadata', 'ModelReady', 'ServerMetadata']) {
        const answer = await caller.call(method, method === 'ModelInfer' ? request : { name: MODEL });
        expect(answer.status, method).to.equal(grpc.UNAUTHENTICATED);
        expect(answer.metadata).to.include({ 'x-error-code': 'UNAUTHORIZED' });
      }
      for (const method of ['ServerLive', 'ServerReady']) {
        expect((await caller.call(method, {})).status, method).to.equal(grpc.OK);
      }
    });

    it('answers whoever has a key or a token', async () => {
      for (const headers of [
        { 'x-api-key': key },
        { authorization: `Bearer ${key}` },
        { authorization: `Bearer ${await issuer.token()}` },
      ]) {
        const answer = await caller.call('ModelInfer', request, headers);
        expect(answer.status, answer.details).to.equal(grpc.OK);
      }
    });

    it('keeps keys to their models, and tokens to their scope', async () => {
      const key = { 'x-api-key': limited.key };
      const token = { authorization: `Bearer ${await issuer.token({ scope: 'read' })}` };
      for (const answer of [
        await caller.call('ModelInfer', request, key),
        await caller.call('ModelInfer', { ...request, model_name: '' }, key),
        await caller.call('ModelReady', { name: MODEL }, key),
        await caller.call('ModelInfer', request, token),
      ]) {
        expect(answer.status).to.equal(grpc.PERMISSION_DENIED);
        expect(answer.metadata).to.include({ 'x-error-code': 'FORBIDDEN' });
      }
    });
  });

  it('counts refusals by reason, and shows credentials nowhere', async () => {
    const token = await issuer.token({ aud: 'others' });
    await running.predict([ROW], { headers: { authorization: `Bearer ${token}` } });
    await running.predict([ROW], { headers: { 'x-api-key': 'msk_secret-of-somebody' } });
    const metrics = await running.metrics();
    for (const reason of ['invalid_token', 'unknown_key', 'missing_credential', 'missing_scope']) {
      expect(sampleOf(metrics, 'serving_auth_failures_total', { reason }), reason).to.be.above(0);
    }
    expect(sampleOf(metrics, 'serving_api_keys')).to.equal(3);
    for (const secret of [key, limited.key, token.split('.')[2]!, 'secret-of-somebody']) {
      expect(running.log.text).not.to.include(secret);
      expect(metrics).not.to.include(secret);
      expect(JSON.stringify(await running.status())).not.to.include(secret);
    }
  });

  it('does not start with a rule for a route that there is not', async () => {
    const { message } = await rejection(
      TierUnderTest.start(registry, { ...env, AUTH_ROUTES: '/predictions=off' }),
      Error,
    );
    expect(message).to.include('AUTH_ROUTES: no route matches /predictions; there are /predict');
  });

  it('does not start without its keys', async () => {
    const { message } = await rejection(
      TierUnderTest.start(registry, { AUTH: 'api-key', API_KEYS_FILE: '/nowhere' }),
      Error,
    );
    expect(message).to.include("API_KEYS_FILE /nowhere can't be used: ENOENT");
  });
});
