import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { BodyBudget, UNCOUNTED_BYTES } from '../../../src/api/body-budget.js';
import { readBody, requireJson } from '../../../src/api/request-body.js';
import { RequestError } from '../../../src/errors.js';
import { rejection, thrown } from '../../support/rejection.js';

type FakeRequest = PassThrough & IncomingMessage;

function requestWith(headers: IncomingHttpHeaders = {}): FakeRequest {
  return Object.assign(new PassThrough(), { headers }) as unknown as FakeRequest;
}

describe('readBody', () => {
  it('joins the parts of a body', async () => {
    const request = requestWith();
    const body = readBody(request, 100);
    request.write('{"a":');
    request.write('1}');
    request.end();
    expect((await body).toString()).to.equal('{"a":1}');
  });

  it('reads an empty body', async () => {
    const request = requestWith({ 'content-length': '0' });
    const body = readBody(request, 100);
    request.end();
    expect(await body).to.have.length(0);
  });

  it('does not break a character that is spread over two parts', async () => {
    const request = requestWith();
    const body = readBody(request, 100);
    const text = Buffer.from('"отпуск"');
    request.write(text.subarray(0, 4));
    request.end(text.subarray(4));
    expect((await body).toString()).to.equal('"отпуск"');
  });

  it('takes a body of exactly the limit', async () => {
    const request = requestWith({ 'content-length': '5' });
    const body = readBody(request, 5);
    request.end('12345');
    expect(await body).to.have.length(5);
  });

  it('refuses a body by its announced length, before a byte was sent', async () => {
    const error = await rejection(readBody(requestWith({ 'content-length': '6' }), 5), RequestError);
    expect(error.code).to.equal('BODY_TOO_LARGE');
    expect(error.message).to.include('5 bytes');
  });

  it('refuses a body without announced length at the first byte too many', async () => {
    const request = requestWith();
    const body = readBody(request, 5);
    request.write('12345');
    request.write('6');
    expect((await rejection(body, RequestError)).code).to.equal('BODY_TOO_LARGE');
  });

  it('refuses a body that is longer than it was announced', async () => {
    const request = requestWith({ 'content-length': '1' });
    const body = readBody(request, 5);
    request.write('123456');
    expect((await rejection(body, RequestError)).code).to.equal('BODY_TOO_LARGE');
  });

  it('says that the connection ended when the client goes away', async () => {
    const request = requestWith();
    const body = readBody(request, 100);
    request.write('{');
    request.destroy(new Error('aborted'));
    const error = await rejection(body, RequestError);
    expect([error.code, error.status]).to.deep.equal(['INVALID_REQUEST', 400]);
  });
});

describe('readBody, counting', () => {
  const length = (bytes: number): IncomingHttpHeaders => ({ 'content-length': String(bytes) });
  const LARGE = UNCOUNTED_BYTES + 100;

  it('counts what arrives', async () => {
    const budget = new BodyBudget(1_000);
    const request = requestWith(length(LARGE));
    const lease = budget.lease(request.headers)!;
    const body = readBody(request, LARGE, lease);
    request.end(Buffer.alloc(LARGE));
    expect(await body).to.have.length(LARGE);
    expect(budget.heldBytes).to.equal(100);
  });

  it('refuses by the announced length, before a byte was sent', async () => {
    const budget = new BodyBudget(99);
    const request = requestWith(length(LARGE));
    const refused = await rejection(readBody(request, LARGE, budget.lease(request.headers)), RequestError);
    expect([refused.code, refused.status]).to.deep.equal(['OVERLOADED', 503]);
    expect(request.listenerCount('data'), 'it does not read on').to.equal(0);
  });

  it('says rather that a body is too large than that there is no room for it now', async () => {
    const request = requestWith(length(LARGE));
    const lease = new BodyBudget(1).lease(request.headers);
    expect((await rejection(readBody(request, LARGE - 1, lease), RequestError)).code).to.equal(
      'BODY_TOO_LARGE',
    );
  });

  it('refuses a body of unknown length at the first byte too many, and keeps nothing of the rest', async () => {
    const budget = new BodyBudget(100);
    const request = requestWith({ 'transfer-encoding': 'chunked' });
    const lease = budget.lease(request.headers)!;
    const body = readBody(request, 10 * LARGE, lease);
    request.write(Buffer.alloc(LARGE));
    request.write('1');
    expect((await rejection(body, RequestError)).code).to.equal('OVERLOADED');
    expect([request.listenerCount('data'), budget.heldBytes]).to.deep.equal([0, 100]);
    lease.release();
    expect(budget.heldBytes).to.equal(0);
  });
});

describe('requireJson', () => {
  const accepted = [
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=utf-8',
    'Application/JSON',
    'application/vnd.api+json',
    'application/json ; charset=utf-8',
  ];
  for (const type of accepted) {
    it(`takes ${type}`, () => {
      requireJson(requestWith({ 'content-type': type }));
      requireJson(requestWith({ 'content-type': type, 'content-encoding': 'identity' }));
    });
  }

  const refused = [
    undefined,
    '',
    'text/plain',
    'text/json-ish',
    'application/jsonlines',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
    'multipart/form-data; boundary=application/json',
  ];
  for (const type of refused) {
    it(`refuses ${type ?? 'no type at all'}`, () => {
      const headers = type === undefined ? {} : { 'content-type': type };
      const error = thrown(() => {
        requireJson(requestWith(headers));
      }, RequestError);
      expect([error.code, error.status]).to.deep.equal(['UNSUPPORTED_MEDIA_TYPE', 415]);
    });
  }

  for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'gzip, identity']) {
    it(`refuses JSON in ${encoding}`, () => {
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
      const error = thrown(() => {
        requireJson(requestWith(headers));
      }, RequestError);
      expect(error.code).to.equal('UNSUPPORTED_MEDIA_TYPE');
    });
  }
});
