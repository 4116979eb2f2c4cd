import { expect } from 'chai';
import { ConfigError, readConfig } from '../../../src/config.js';
import { thrown } from '../../support/rejection.js';

describe('the settings of connections', () => {
  it('bound what one connection may take', () => {
    expect(readConfig({}).connections).to.deep.equal({
      http: {
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 60_000,
        stalledMs: 120_000,
        maxHeaderBytes: 16_384,
        maxHeaders: 100,
        maxConnections: 4_096,
        maxAgeMs: 300_000,
      },
      grpc: {
        maxConcurrentStreams: 256,
        keepaliveMs: 60_000,
        maxAgeMs: 1_800_000,
        maxAgeGraceMs: 60_000,
        arrivalTimeoutMs: 60_000,
        maxConnections: 4_096,
      },
    });
  });

  it('can be set', () => {
    const { http, grpc } = readConfig({
      HEADERS_TIMEOUT_SECONDS: '0.0015',
      REQUEST_TIMEOUT_SECONDS: '3',
      STALLED_CONNECTION_SECONDS: '4',
      MAX_HEADER_BYTES: '2048',
      MAX_HEADERS: '5',
      MAX_CONNECTIONS: '6',
      MAX_CONNECTION_AGE_SECONDS: '10',
      GRPC_MAX_CONCURRENT_STREAMS: '7',
      GRPC_KEEPALIVE_SECONDS: '8',
      GRPC_MAX_CONNECTION_AGE_SECONDS: '9',
    }).connections;
    expect(http).to.deep.equal({
      headersTimeoutMs: 2,
      requestTimeoutMs: 3_000,
      stalledMs: 4_000,
      maxHeaderBytes: 2_048,
      maxHeaders: 5,
      maxConnections: 6,
      maxAgeMs: 10_000,
    });
    expect(grpc).to.deep.equal({
      maxConcurrentStreams: 7,
      keepaliveMs: 8_000,
      maxAgeMs: 9_000,
      maxAgeGraceMs: 3_000,
      arrivalTimeoutMs: 3_000,
      maxConnections: 6,
    });
  });

  it('never let headers take longer than the whole, which Node would refuse', () => {
    expect(readConfig({ REQUEST_TIMEOUT_SECONDS: '2' }).connections.http.headersTimeoutMs).to.equal(2_000);
  });

  for (const [name, value] of [
    ['HEADERS_TIMEOUT_SECONDS', '0'],
    ['REQUEST_TIMEOUT_SECONDS', 'never'],
    ['STALLED_CONNECTION_SECONDS', '-1'],
    ['MAX_HEADER_BYTES', '100'],
    ['MAX_HEADERS', '0'],
    ['MAX_CONNECTIONS', '1.5'],
    ['GRPC_KEEPALIVE_SECONDS', '100000'],
  ] as const) {
    it(`refuse ${name}=${value} by name`, () => {
      expect(thrown(() => readConfig({ [name]: value }), ConfigError).message).to.include(`${name}: `);
    });
  }
});
