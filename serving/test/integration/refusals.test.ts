import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Problem } from '../../src/api/problem.js';
import type { RequestErrorCode } from '../../src/errors.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { readAnswer, type HttpAnswer } from '../support/http-request.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { sampleOf } from '../support/metric-samples.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';

const MAX_BODY_BYTES = 100_000;
const JSON_TYPE = { 'content-type': 'application/json' };

describe('what /predict refuses', () => {
  let packages: RealPackages;
  let registry: FakeRegistry;
  let running: TierUnderTest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    running = await TierUnderTest.startReady(registry, {
      MAX_ROWS_PER_REQUEST: '5',
      MAX_BODY_BYTES: String(MAX_BODY_BYTES),
    });
  });

  after(() => running.stop());

  const GOOD = { income: 40, grade: 1, utilisation: 0.25 };

  function expectRefusal(answer: HttpAnswer, status: number, code: RequestErrorCode): Problem {
    expect(answer.status, answer.text).to.equal(status);
    const problem = problemIn(answer);
    expect(problem.code).to.equal(code);
    expect(answer.headers).to.include({
      'x-model-version': '1',
      'x-model-digest': packages.tensorA.digest,
    });
    return problem;
  }

  function send(
    body: string | Buffer,
    headers: Readonly<Record<string, string>> = JSON_TYPE,
  ): Promise<HttpAnswer> {
    return running.request('/predict', { method: 'POST', body, headers });
  }

  describe('bodies', () => {
    for (const body of [
      '',
      '{',
      '{"instances": [1,]}',
      'instances=1',
      '{"instances": [[NaN, 1, 1]]}',
      '\ufeff{}',
    ]) {
      it(`refuses ${JSON.stringify(body)} as no JSON`, async () => {
        const { detail } = expectRefusal(await send(body), 400, 'INVALID_JSON');
        expect(detail, 'it does not quote the body').not.to.include('instances');
      });
    }

    const shapes: readonly (readonly [string, string])[] = [
      ['{}', 'nothing'],
      ['[]', 'nothing'],
      ['null', 'nothing'],
      ['7', 'nothing'],
      ['[[1, 1, 1]]', 'nothing'],
      ['{"instances": []}', 'an empty list'],
      ['{"instances": {}}', 'an object'],
      ['{"instances": "all"}', 'a string'],
      ['{"instances": null}', 'null'],
      ['{"rows": [[1, 1, 1]]}', 'nothing'],
    ];
    for (const [body] of shapes) {
      it(`refuses ${body}, and says what it wants`, async () => {
        const problem = expectRefusal(await send(body), 400, 'INVALID_REQUEST');
        expect(problem.errors).to.have.length(1);
        expect(problem.errors![0]!.path).to.equal('/instances');
        expect(problem.errors![0]!.expected).to.include('list');
      });
    }

    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', undefined]) {
      it(`refuses ${type ?? 'a body without type'}`, async () => {
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
        expectRefusal(
          await send(JSON.stringify({ instances: [GOOD] }), headers),
          415,
          'UNSUPPORTED_MEDIA_TYPE',
        );
      });
    }

    it('refuses gzip', async () => {
      const body = gzipSync(JSON.stringify({ instances: [GOOD] }));
      expectRefusal(
        await send(body, { ...JSON_TYPE, 'content-encoding': 'gzip' }),
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      );
    });

    it('refuses more rows than allowed', async () => {
      const { detail } = expectRefusal(await running.predict(Array(6).fill(GOOD)), 413, 'TOO_MANY_ROWS');
      expect(detail).to.include('6').and.include('5');
      expect((await running.predict(Array(5).fill(GOOD))).status).to.equal(200);
    });

    it('refuses a body that announces more bytes than allowed', async () => {
      const body = ' '.repeat(MAX_BODY_BYTES + 1);
      const headers = { ...JSON_TYPE, 'content-length': String(body.length) };
      const agent = new Agent({ keepAlive: true });
      const answer = await running.request('/predict', { method: 'POST', body, headers, agent });
      agent.destroy();
      expectRefusal(answer, 413, 'BODY_TOO_LARGE');
      expect(answer.headers.connection, 'so much is not read for the sake of a connection').to.equal('close');
    });

    it('refuses it before the body is sent, so that a patient client is spared that', async () => {
      const outgoing = request({
        port: running.port,
        path: '/predict',
        method: 'POST',
        headers: { ...JSON_TYPE, 'content-length': 10 * MAX_BODY_BYTES },
        agent: false,
      });
      outgoing.on('error', () => undefined);
      outgoing.flushHeaders();
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      expectRefusal(await readAnswer(response), 413, 'BODY_TOO_LARGE');
      outgoing.destroy();
    });

    it('refuses a body that turns out to have more bytes than allowed', async () => {
      const outgoing = request({
        port: running.port,
        path: '/predict',
        method: 'POST',
        headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
        agent: false,
      });
      outgoing.on('error', () => undefined);
      const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
      for (let i = 0; i < 30; i += 1) outgoing.write(' '.repeat(10_000));
      const [response] = await answered;
      expectRefusal(await readAnswer(response), 413, 'BODY_TOO_LARGE');
      outgoing.destroy();
    });

    it('lets a client that goes on sending read the refusal all the same', async () => {
      for (let i = 0; i < 5; i += 1) {
        expectRefusal(await send(Buffer.alloc(5_000_000, 32)), 413, 'BODY_TOO_LARGE');
      }
    });

    it('is still there for others after a client went away in the middle of a body', async () => {
      const outgoing = request({
        port: running.port,
        path: '/predict',
        method: 'POST',
        headers: { ...JSON_TYPE, 'content-length': 1_000 },
        agent: false,
      });
      outgoing.on('error', () => undefined);
      await new Promise((resolve) => outgoing.write('{"instances"', resolve));
      const closed = new Promise((resolve) => outgoing.once('close', resolve));
      outgoing.destroy();
      await closed;
      expect((await running.predict([GOOD])).status).to.equal(200);
    });
  });

  describe('methods and paths', () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      it(`refuses ${method}, and says which method it takes`, async () => {
        const answer = await running.request('/predict', { method });
        expectRefusal(answer, 405, 'METHOD_NOT_ALLOWED');
        expect(answer.headers.allow).to.equal('POST');
      });
    }

    it('answers HEAD without a body', async () => {
      const answer = await running.request('/predict', { method: 'HEAD' });
      expect([answer.status, answer.text]).to.deep.equal([405, '']);
      expect(answer.headers).to.include({ allow: 'POST', 'x-model-version': '1' });
    });

    for (const path of [
      '/',
      '/predict/',
      '/predict/1',
      '/predictions',
      '/favicon.ico',
      '/status',
      '/metrics',
      '/%ff',
      '/admin/reload',
    ]) {
      it(`knows nothing at ${path}`, async () => {
        for (const method of ['GET', 'POST']) {
          expectRefusal(await running.request(path, { method }), 404, 'NOT_FOUND');
        }
      });
    }

    it('refuses other methods on the health routes', async () => {
      for (const path of ['/health/live', '/health/ready']) {
        const answer = await running.request(path, { method: 'POST' });
        expectRefusal(answer, 405, 'METHOD_NOT_ALLOWED');
        expect(answer.headers.allow).to.equal('GET');
      }
    });
  });

  describe('rows', () => {
    const cases: Record<string, { row: unknown; path: string; expected: RegExp; found: string }> = {
      'a missing feature': {
        row: { income: 40, utilisation: 0.25 },
        path: '/instances/0/grade',
        expected: /^an integer out of 1, 2, 3, 4$/,
        found: 'nothing',
      },
      'an unknown feature': {
        row: { ...GOOD, salary: 1 },
        path: '/instances/0/salary',
        expected: /^no such feature$/,
        found: 'an integer',
      },
      'a value of another type': {
        row: { ...GOOD, income: '40' },
        path: '/instances/0/income',
        expected: /^a number or null$/,
        found: 'a string',
      },
      'a value out of range': {
        row: { ...GOOD, utilisation: 1.51 },
        path: '/instances/0/utilisation',
        expected: /^a number from 0 to 1\.5$/,
        found: 'a number',
      },
      'a value that is no category': {
        row: { ...GOOD, grade: 5 },
        path: '/instances/0/grade',
        expected: /^an integer out of 1, 2, 3, 4$/,
        found: 'an integer',
      },
      'null where it is not allowed': {
        row: { ...GOOD, grade: null },
        path: '/instances/0/grade',
        expected: /^an integer out of/,
        found: 'null',
      },
      'a list of another length': {
        row: [40, 1],
        path: '/instances/0',
        expected: /^3 values/,
        found: '2 values',
      },
      'a row that is no row': {
        row: 'row',
        path: '/instances/0',
        expected: /^an object of features or a list of 3 values$/,
        found: 'a string',
      },
    };
    for (const [what, { row, path, expected, found }] of Object.entries(cases)) {
      it(`names ${what}, its place and what was expected`, async () => {
        const { errors } = expectRefusal(await running.predict([row]), 422, 'SIGNATURE_MISMATCH');
        expect(errors).to.have.length(1);
        expect(errors![0]!.path).to.equal(path);
        expect(errors![0]!.expected).to.match(expected);
        expect(errors![0]!.found).to.equal(found);
      });
    }

    for (const number of ['1e999', '-1e999', '1e39']) {
      it(`refuses ${number}, which no float can hold, and says what it can`, async () => {
        const answer = await send(`{"instances": [[${number}, 1, 0.5]]}`);
        const { errors } = expectRefusal(answer, 422, 'SIGNATURE_MISMATCH');
        expect(errors![0]!.path).to.equal('/instances/0/0');
        expect(errors![0]!.expected).to.equal('a number from -3.4e38 to 3.4e38 or null');
      });
    }

    it('refuses the whole request for one wrong row', async () => {
      const answer = await running.predict([GOOD, { ...GOOD, grade: 9 }, GOOD]);
      const { errors } = expectRefusal(answer, 422, 'SIGNATURE_MISMATCH');
      expect(errors!.map(({ path }) => path)).to.deep.equal(['/instances/1/grade']);
    });

    it('does not pollute prototypes', async () => {
      const answer = await send(
        '{"instances": [{"__proto__": {"income": 1}, "grade": 1, "utilisation": 1}]}',
      );
      expectRefusal(answer, 422, 'SIGNATURE_MISMATCH');
      expect(({} as { income?: number }).income).to.equal(undefined);
    });

    it('takes unknown features where it is told to ignore them', async () => {
      const lenient = await TierUnderTest.startReady(registry, { UNKNOWN_FEATURES: 'ignore' });
      try {
        expect((await lenient.predict([{ ...GOOD, salary: 1 }])).status).to.equal(200);
      } finally {
        await lenient.stop();
      }
    });
  });

  it('counts refusals by route, status and code, and logs none of them', async () => {
    const labels = { route: '/predict', status: '415', code: 'UNSUPPORTED_MEDIA_TYPE' };
    const before = sampleOf(await running.metrics(), 'serving_requests_total', labels) ?? 0;
    await send('{}', { 'content-type': 'text/plain' });
    expect(sampleOf(await running.metrics(), 'serving_requests_total', labels)).to.equal(before + 1);
    expect(running.log.lines.filter(({ level }) => level >= 40)).to.deep.equal([]);
  });

  it('never uses what a client sent as the label of a metric', async () => {
    await running.request('/a-path-that-a-client-made-up');
    expect(await running.metrics()).not.to.include('made-up');
  });

  it('goes on with the next request on a connection after a refusal of a complete one', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (let i = 0; i < 3; i += 1) {
        expectRefusal(await running.predict(['x'], { agent }), 422, 'SIGNATURE_MISMATCH');
        expect((await running.predict([GOOD], { agent })).status).to.equal(200);
      }
    } finally {
      agent.destroy();
    }
  });

  it('never takes the rest of a refused body for another request', async () => {
    const socket = connect(running.port, '127.0.0.1');
    const smuggled = 'GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n';
    const received = text(socket);
    socket.write(
      `POST /predict HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${MAX_BODY_BYTES + 1}\r\n\r\n${smuggled}`,
    );
    await once(socket, 'data');
    socket.end();
    expect((await received).match(/HTTP\/1\.1 /g)).to.have.length(1);
  });

  describe('while there is no model', () => {
    let empty: TierUnderTest;

    before(async () => {
      empty = await TierUnderTest.start(new FakeRegistry());
    });

    after(() => empty.stop());

    it('refuses with 503, and names no version', async () => {
      const answer = await empty.predict([GOOD]);
      expect(answer.status).to.equal(503);
      expect(problemIn(answer).code).to.equal('MODEL_NOT_READY');
      expect(answer.headers).to.include({ 'x-model-version': 'none', 'x-model-digest': 'none' });
    });

    it('is alive, and not ready', async () => {
      expect((await empty.request('/health/live')).status).to.equal(200);
      const ready = await empty.request('/health/ready');
      expect([ready.status, ready.json]).to.deep.equal([503, { status: 'not_ready' }]);
      expect((await empty.status()).ready).to.equal(false);
    });
  });
});
