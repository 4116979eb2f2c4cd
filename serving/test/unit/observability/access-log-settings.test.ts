import { expect } from 'chai';
import { readConfig } from '../../../src/config.js';

describe('accessLogSettings', () => {
  it('logs a hundredth, no header and no address unless told otherwise', () => {
    expect(readConfig({}).accessLog).to.deep.equal({
      sampleRate: 0.01,
      refusalsPerSecond: 20,
      allowedHeaders: [],
      logsAddresses: false,
    });
  });

  it('takes what it is told, headers in any case', () => {
    const env = {
      ACCESS_LOG_SAMPLE_RATE: '1',
      ACCESS_LOG_REFUSALS_PER_SECOND: '0',
      LOG_ALLOWED_HEADERS: 'User-Agent, x-team',
      LOG_CLIENT_ADDRESSES: 'true',
    };
    expect(readConfig(env).accessLog).to.deep.equal({
      sampleRate: 1,
      refusalsPerSecond: 0,
      allowedHeaders: ['user-agent', 'x-team'],
      logsAddresses: true,
    });
  });

  const wrong: readonly (readonly [name: string, value: string])[] = [
    ['ACCESS_LOG_SAMPLE_RATE', '1.1'],
    ['ACCESS_LOG_SAMPLE_RATE', '-0.1'],
    ['ACCESS_LOG_SAMPLE_RATE', 'all'],
    ['ACCESS_LOG_REFUSALS_PER_SECOND', '-1'],
    ['LOG_ALLOWED_HEADERS', 'user-agent,,x-team'],
    ['LOG_ALLOWED_HEADERS', '*'.repeat(3) + ' '.repeat(2) + 'x'],
    ['LOG_ALLOWED_HEADERS', 'user agent'],
    ['LOG_ALLOWED_HEADERS', 'user-agent,Authorization'],
    ['LOG_ALLOWED_HEADERS', 'x-api-key'],
    ['LOG_CLIENT_ADDRESSES', 'perhaps'],
  ];
  for (const [name, value] of wrong) {
    it(`refuses ${name}=${value} by name`, () => {
      expect(() => readConfig({ [name]: value })).to.throw(new RegExp(`${name}[:.]`));
    });
  }

  it('says of a header with a credential that it is never logged', () => {
    expect(() => readConfig({ LOG_ALLOWED_HEADERS: 'authorization' })).to.throw(
      'authorization may hold a credential and is never logged',
    );
  });
});
