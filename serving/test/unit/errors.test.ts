import { expect } from 'chai';
import {
  LOAD_ERRORS,
  LoadError,
  messageOf,
  REQUEST_ERRORS,
  RequestError,
  type LoadErrorCode,
  type RequestErrorCode,
} from '../../src/errors.js';

describe('the table of request errors', () => {
  const expected: Record<RequestErrorCode, number> = {
    INVALID_JSON: 400,
    INVALID_REQUEST: 400,
    MALFORMED_HTTP: 400,
    UNAUTHORIZED: 401,
    FORBIDDEN: 403,
    NOT_FOUND: 404,
    MODEL_NOT_FOUND: 404,
    VERSION_NOT_AVAILABLE: 404,
    METHOD_NOT_ALLOWED: 405,
    REQUEST_TIMEOUT: 408,
    REPLAYED_WEBHOOK: 409,
    SINGLE_PROCESS: 409,
    BODY_TOO_LARGE: 413,
    TOO_MANY_ROWS: 413,
    UNSUPPORTED_MEDIA_TYPE: 415,
    SIGNATURE_MISMATCH: 422,
    RATE_LIMITED: 429,
    HEADERS_TOO_LARGE: 431,
    PREDICTION_FAILED: 500,
    INTERNAL: 500,
    AUTHENTICATION_UNAVAILABLE: 503,
    FEATURE_DISABLED: 503,
    OUTCOMES_NOT_STORED: 503,
    REGISTRY_UNAVAILABLE: 503,
    MODEL_NOT_READY: 503,
    OVERLOADED: 503,
    DEADLINE_EXCEEDED: 504,
  };
  for (const [code, status] of Object.entries(expected) as [RequestErrorCode, number][]) {
    it(`answers ${code} with ${status}`, () => {
      expect(new RequestError(code, 'detail').status).to.equal(status);
    });
  }

  it('has a title for the reader of every code, and no two alike', () => {
    const titles = Object.values(REQUEST_ERRORS).map(({ title }) => title);
    expect(titles).to.satisfy((all: string[]) => all.every((title) => title.length > 10));
    expect(new Set(titles).size).to.equal(titles.length);
  });
});

describe('the table of load errors', () => {
  const passing: LoadErrorCode[] = [
    'REGISTRY_UNREACHABLE',
    'REGISTRY_DENIED',
    'ALIAS_NOT_SET',
    'DOWNLOAD_FAILED',
    'CACHE_FAILED',
    'SIGNATURE_MISSING',
  ];
  const knownBad: LoadErrorCode[] = [
    'DIGEST_MISSING',
    'DIGEST_MISMATCH',
    'SIGNATURE_INVALID',
    'CONTRACT_VIOLATION',
    'GRAPH_LOAD_FAILED',
    'GOLDEN_MISMATCH',
  ];
  for (const code of passing) {
    it(`expects ${code} to pass by itself`, () => {
      expect(new LoadError(code, 'detail').transient).to.equal(true);
    });
  }
  for (const code of knownBad) {
    it(`takes ${code} for a property of the bytes`, () => {
      expect(new LoadError(code, 'detail').transient).to.equal(false);
    });
  }

  it('holds no other code', () => {
    expect(Object.keys(LOAD_ERRORS)).to.have.members([...passing, ...knownBad]);
  });
});

describe('errors', () => {
  it('keep their cause', () => {
    const cause = new Error('socket hang up');
    expect(new RequestError('INTERNAL', 'detail', [], { cause }).cause).to.equal(cause);
    expect(new LoadError('DOWNLOAD_FAILED', 'detail', { cause }).cause).to.equal(cause);
  });

  it('have a message whatever was thrown', () => {
    expect(messageOf(new Error('full disk'))).to.equal('full disk');
    expect(messageOf('a string')).to.equal('a string');
    expect(messageOf(undefined)).to.equal('undefined');
  });
});
