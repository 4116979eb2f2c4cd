import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status as grpc } from '@grpc/grpc-js';
import { expect } from 'chai';
import { newApiKey } from '../../src/cli/api-key.js';
import { REQUEST_ERRORS, type RequestErrorCode } from '../../src/errors.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { HeldRuns } from '../fakes/held-runs.js';
import { AUDIENCE, ISSUER, TokenIssuer } from '../fakes/token-issuer.js';
import { eventually } from '../support/eventually.js';
import { GrpcCaller, type GrpcAnswer } from '../support/grpc-call.js';
import type { HttpAnswer } from '../support/http-request.js';
import { sampleOf } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../support/model-packages.js';
import { RawConnection } from '../support/raw-connection.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';
import { deliveryHeaders } from '../support/webhook-delivery.js';

type Headers = Readonly<Record<string, string>>;

/** One way to be refused with a code. */
interface Provocation {
  readonly http: () => Promise<HttpAnswer>;
  /** The same over gRPC; or why there is no such thing. */
  readonly grpc: (() => Promise<GrpcAnswer>) | string;
  /** It is the library that refuses over gRPC: the status says all. */
  readonly isOfTheLibrary?: true;
  /** Headers that go with this code alone. */
  readonly headers?: Headers;
}

/** Headers that not every refusal has. */
const PARTICULAR_HEADERS = ['retry-after', 'www-authenticate', 'allow'] as const;

const SECRET = 'a-webhook-secret-of-tests';
const ADMIN_TOKEN = 'an-admin-token-of-tests';
const MAX_BODY_BYTES = 100_000;
const MAX_HEADER_BYTES = 4_096;
const ROW = [40, 1, 0.25];
const OPEN_INFERENCE = { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: ROW }] };

describe('every code of docs/errors.md', () => {
  const unlimited = newApiKey('unlimited', undefined, Date.now());
  const second = newApiKey('second', undefined, Date.now());
  const limited = newApiKey('limited', undefined, Date.now());
  const KEY = { 'x-api-key': unlimited.key };
  const OTHER_KEY = { 'x-api-key': second.key };

  let registry: FakeRegistry;
  let runs: HeldRuns;
  let issuer: TokenIssuer;
  /** Serves a model to everybody. */
  let serving: TierUnderTest;
  /** Serves it to those who have a credential. */
  let guarded: TierUnderTest;
  let guards: Record<string, string>;
  /** Has no model, little time, and nowhere to keep outcomes. */
  let hasty: TierUnderTest;
  const callers = new Map<TierUnderTest, GrpcCaller>();

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA } = await realPackages();
    runs = new HeldRuns();
    issuer = await TokenIssuer.start();
    issuer.available = false;
    registry = new FakeRegistry();
    registry.promote(tensorA);
    const keysFile = join(temporaryDirectory(), 'keys.json');
    const keys = [unlimited.entry, second.entry, { ...limited.entry, models: ['another-model'] }];
    writeFileSync(keysFile, JSON.stringify({ keys }));
    serving = await TierUnderTest.startReady(registry, {
      MAX_ROWS_PER_REQUEST: '5',
      MAX_BODY_BYTES: String(MAX_BODY_BYTES),
      MAX_HEADER_BYTES: String(MAX_HEADER_BYTES),
      MAX_QUEUE_MS: '10000',
      MLFLOW_WEBHOOK_SECRET: SECRET,
      ADMIN_TOKEN,
    });
    guards = {
      AUTH: 'any',
      API_KEYS_FILE: keysFile,
      JWT_JWKS_URL: issuer.jwksUrl,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
    };
    guarded = await TierUnderTest.startReady(registry, guards);
    hasty = await TierUnderTest.start(new FakeRegistry(), {
      REQUEST_TIMEOUT_SECONDS: '1',
      PREDICTION_LOG_DIR: '/dev/null/feedback',
    });
    for (const tier of [serving, guarded, hasty]) callers.set(tier, new GrpcCaller(tier.tier.grpcPort));
  });

  after(async () => {
    runs.restore();
    for (const caller of callers.values()) caller.close();
    for (const tier of [serving, guarded, hasty]) await tier.stop();
    await issuer.stop();
  });

  afterEach(() => {
    runs.instead = undefined;
    runs.release();
  });

  /** An inference over gRPC of rows that are good, where nothing else is said. */
  function infer(
    tier: TierUnderTest,
    {
      rows = 1,
      shape = [rows, 3],
      values = Array(rows).fill(ROW).flat() as number[],
      ...message
    }: {
      rows?: number;
      shape?: readonly number[];
      values?: readonly number[];
      datatype?: string;
      model_name?: string;
      model_version?: string;
    } = {},
    headers: Headers = {},
    timeoutMs?: number,
  ): Promise<GrpcAnswer> {
    const { datatype = 'FP32', ...target } = message;
    const inputs = [{ name: 'features', datatype, shape, contents: { fp32_contents: values } }];
    return callers.get(tier)!.call('ModelInfer', { ...target, inputs }, headers, timeoutMs);
  }

  /** What a connection answers to exactly these bytes. */
  async function say(tier: TierUnderTest, bytes: string): Promise<HttpAnswer> {
    const connection = await RawConnection.open(tier.port);
    connection.write(bytes);
    const { status, headers, body } = await eventually(() => {
      expect(connection.answers).to.have.length(1);
      return connection.answers[0]!;
    });
    connection.close();
    return { status, headers, text: body, json: JSON.parse(body) as unknown };
  }

  function post(body: string, headers: Headers): Promise<HttpAnswer> {
    return serving.request('/predict', { method: 'POST', body, headers });
  }

  async function queuedSeconds(tier: TierUnderTest): Promise<number> {
    return sampleOf(await tier.metrics(), 'serving_queued_work_seconds')!;
  }

  /** Takes these requests in, one after the other, and none of them can be computed until they are let go. */
  async function occupy(tier: TierUnderTest, clients: readonly Headers[]): Promise<Promise<HttpAnswer>[]> {
    runs.hold();
    const admitted: Promise<HttpAnswer>[] = [];
    for (const headers of clients) {
      const before = await queuedSeconds(tier);
      admitted.push(tier.predict([ROW], { headers }));
      await eventually(async () => {
        expect(await queuedSeconds(tier)).to.be.above(before);
      });
    }
    return admitted;
  }

  async function letGo(admitted: readonly Promise<HttpAnswer>[]): Promise<void> {
    runs.release();
    for (const { status, text } of await Promise.all(admitted)) expect(status, text).to.equal(200);
  }

  /** Asks a new tier while these requests are all that its queue has room for. */
  async function crowded<T>(
    clients: readonly Headers[],
    question: (tier: TierUnderTest) => Promise<T>,
  ): Promise<T> {
    // As long as nothing was computed, a request counts with 0.03 ms.
    const tier = await TierUnderTest.startReady(registry, { ...guards, MAX_QUEUE_MS: '0.1' });
    callers.set(tier, new GrpcCaller(tier.tier.grpcPort));
    try {
      const admitted = await occupy(tier, clients);
      const answer = await question(tier);
      await letGo(admitted);
      return answer;
    } finally {
      runs.release();
      callers.get(tier)!.close();
      callers.delete(tier);
      await tier.stop();
    }
  }

  const provocations: Record<RequestErrorCode, Provocation> = {
    INVALID_JSON: {
      http: () => post('{', { 'content-type': 'application/json' }),
      grpc: 'there is no JSON',
    },
    INVALID_REQUEST: {
      http: () => serving.predict([]),
      grpc: () => infer(serving, { datatype: 'FP16' }),
    },
    MALFORMED_HTTP: {
      http: () => say(serving, 'good evening\r\n\r\n'),
      grpc: 'what is not HTTP/2 gets no answer',
    },
    UNAUTHORIZED: {
      http: () => guarded.predict([ROW]),
      grpc: () => infer(guarded),
      headers: { 'www-authenticate': 'Bearer realm="model-serving"' },
    },
    FORBIDDEN: {
      http: () => guarded.predict([ROW], { headers: { 'x-api-key': limited.key } }),
      grpc: () => infer(guarded, {}, { 'x-api-key': limited.key }),
    },
    NOT_FOUND: {
      http: () => serving.request('/nothing'),
      grpc: 'the library knows the methods, and says UNIMPLEMENTED to others',
    },
    MODEL_NOT_FOUND: {
      http: () => serving.post('/v1/models/nothing:predict', { instances: [ROW] }),
      grpc: () => infer(serving, { model_name: 'nothing' }),
    },
    VERSION_NOT_AVAILABLE: {
      http: () => serving.predict([ROW], { headers: { 'x-model-version': '9' } }),
      grpc: () => infer(serving, { model_version: '9' }),
    },
    METHOD_NOT_ALLOWED: {
      http: () => serving.request('/predict'),
      grpc: 'there is one method of HTTP',
      headers: { allow: 'POST' },
    },
    REQUEST_TIMEOUT: {
      http: () => say(hasty, 'POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{'),
      grpc: 'the library ends the call',
    },
    REPLAYED_WEBHOOK: {
      http: async () => {
        const body = JSON.stringify({ entity: 'model_version_alias', action: 'created', data: {} });
        const headers = { 'content-type': 'application/json', ...deliveryHeaders({ secret: SECRET, body }) };
        const deliver = () => serving.manage('/webhooks/mlflow', { method: 'POST', body, headers });
        await deliver();
        return deliver();
      },
      grpc: 'there are no admin methods',
    },
    SINGLE_PROCESS: {
      http: () =>
        serving.manage('/admin/workers', {
          method: 'PUT',
          body: '{"count":2}',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_TOKEN}` },
        }),
      grpc: 'there are no admin routes',
    },
    BODY_TOO_LARGE: {
      http: () => post(' '.repeat(MAX_BODY_BYTES + 1), { 'content-type': 'application/json' }),
      grpc: () => infer(serving, { values: Array<number>(MAX_BODY_BYTES / 4 + 1).fill(1) }),
      isOfTheLibrary: true,
    },
    TOO_MANY_ROWS: {
      http: () => serving.predict(Array(6).fill(ROW)),
      grpc: () => infer(serving, { rows: 6 }),
    },
    UNSUPPORTED_MEDIA_TYPE: {
      http: () => post('instances=1', { 'content-type': 'application/x-www-form-urlencoded' }),
      grpc: 'there is one media type',
    },
    SIGNATURE_MISMATCH: {
      http: () => serving.predict([[40, 9, 0.25]]),
      grpc: () => infer(serving, { values: [40, 9, 0.25] }),
    },
    RATE_LIMITED: {
      http: () => crowded([KEY, OTHER_KEY], (tier) => tier.predict([ROW], { headers: KEY })),
      grpc: () => crowded([KEY, OTHER_KEY], (tier) => infer(tier, {}, KEY)),
      headers: { 'retry-after': '1' },
    },
    HEADERS_TOO_LARGE: {
      http: () =>
        say(serving, `GET /predict HTTP/1.1\r\nhost: a\r\nx-a: ${'a'.repeat(MAX_HEADER_BYTES)}\r\n\r\n`),
      grpc: 'the library ends the call',
    },
    PREDICTION_FAILED: {
      http: () => failing(() => serving.predict([ROW])),
      grpc: () => failing(() => infer(serving)),
    },
    INTERNAL: {
      http: () => misbehaving(() => serving.post('/v2/models/small-tensor/infer', OPEN_INFERENCE)),
      grpc: () => misbehaving(() => infer(serving)),
    },
    AUTHENTICATION_UNAVAILABLE: {
      http: async () => guarded.predict([ROW], { headers: await tokenHeaders() }),
      grpc: async () => infer(guarded, {}, await tokenHeaders()),
    },
    FEATURE_DISABLED: {
      http: () => guarded.manage('/admin/reload', { method: 'POST' }),
      grpc: 'there are no admin methods',
    },
    OUTCOMES_NOT_STORED: {
      http: () =>
        hasty.post('/outcomes', { request_id: 'r-1', label: 1, observed_at: '2026-01-31T00:00:00Z' }),
      grpc: 'outcomes are taken over HTTP alone',
      headers: { 'retry-after': '5' },
    },
    OVERLOADED: {
      http: () => crowded([KEY, KEY, KEY], (tier) => tier.predict([ROW], { headers: KEY })),
      grpc: () => crowded([KEY, KEY, KEY], (tier) => infer(tier, {}, KEY)),
      headers: { 'retry-after': '1' },
    },
    DEADLINE_EXCEEDED: {
      http: () => serving.predict([ROW], { headers: { 'x-request-timeout-ms': '0.001' } }),
      grpc: () => whileItTakesLong((tier) => infer(tier, {}, KEY, 500)),
    },
    REGISTRY_UNAVAILABLE: {
      http: async () => {
        registry.reachable = false;
        const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
        const answer = await serving.manage('/admin/traffic', { method: 'DELETE', headers });
        registry.reachable = true;
        return answer;
      },
      grpc: 'there are no admin methods',
    },
    MODEL_NOT_READY: {
      http: () => hasty.predict([ROW]),
      grpc: () => infer(hasty),
    },
  };

  async function tokenHeaders(): Promise<Headers> {
    return { authorization: `Bearer ${await issuer.token()}` };
  }

  function failing<T>(question: () => Promise<T>): Promise<T> {
    runs.instead = () => {
      throw new Error('the graph is broken');
    };
    return question();
  }

  /** A runtime whose outputs are no typed arrays, which nobody foresaw. */
  function misbehaving<T>(question: () => Promise<T>): Promise<T> {
    const tensor = { size: 1, data: { 0: 0.5, length: 1 } };
    runs.instead = () => ({ score: tensor, label: tensor }) as never;
    return question();
  }

  /** Asks a new tier while more work waits than the question has time. */
  async function whileItTakesLong<T>(question: (tier: TierUnderTest) => Promise<T>): Promise<T> {
    const tier = await TierUnderTest.startReady(registry, { ...guards, MAX_QUEUE_MS: '1000000' });
    callers.set(tier, new GrpcCaller(tier.tier.grpcPort));
    try {
      // Its first row takes as long as this: the tier expects no less of those to come.
      const slow = await occupy(tier, [KEY]);
      const over = performance.now() + 50;
      while (performance.now() < over) await new Promise((resolve) => setImmediate(resolve));
      await letGo(slow);
      const admitted = await occupy(tier, [KEY]);
      const others = Array.from({ length: 80 }, () => tier.predict([ROW], { headers: KEY }));
      await eventually(async () => {
        expect(await queuedSeconds(tier)).to.be.above(0.6);
      });
      const answer = await question(tier);
      await letGo([...admitted, ...others]);
      return answer;
    } finally {
      runs.release();
      callers.get(tier)!.close();
      callers.delete(tier);
      await tier.stop();
    }
  }

  for (const [code, { http, grpc: provoke, isOfTheLibrary, headers = {} }] of Object.entries(
    provocations,
  ) as [RequestErrorCode, Provocation][]) {
    const { status, grpc: grpcStatus, title } = REQUEST_ERRORS[code];

    it(`${code} is what a client gets, as ${status}`, async () => {
      const answer = await http();
      expect(answer.status, answer.text).to.equal(status);
      expect(problemIn(answer)).to.include({ code, status, title });
      expect(answer.headers['x-model-version'], 'as every reply').to.be.a('string');
      for (const name of PARTICULAR_HEADERS) expect(answer.headers[name], name).to.equal(headers[name]);
    });

    if (typeof provoke === 'string') continue;
    it(`${code} is what a client of gRPC gets, as ${grpcStatus}`, async () => {
      const answer = await provoke();
      expect(answer.status, answer.details).to.equal(grpc[grpcStatus]);
      expect(answer.metadata['x-error-code']).to.equal(isOfTheLibrary === true ? undefined : code);
      expect(answer.details).to.match(/\w+ \w+/);
      if (isOfTheLibrary !== true) expect(answer.metadata['x-request-id']).to.be.a('string');
    });
  }
});
