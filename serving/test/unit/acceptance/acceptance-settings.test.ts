import { expect } from 'chai';
import { readAcceptanceSettings } from '../../acceptance/acceptance-settings.js';

describe('what `make acceptance` is told', () => {
  it('is a target, and is read as unset where it is empty', () => {
    const read = readAcceptanceSettings({ TARGET: 'https://a.example', API_KEY_FILE: '', REQUESTS: '' });
    expect(read.target.href).to.equal('https://a.example/');
    expect(read).to.include({ apiKeyFile: undefined, requests: 300, requestsPerSecond: 50, p99Ms: 1000 });
  });

  for (const [why, env, message] of [
    ['without a target', {}, 'TARGET is missing'],
    ['with a target that is no origin', { TARGET: 'a.example' }, 'TARGET must be http'],
    ['with a path', { TARGET: 'http://a.example/predict' }, 'TARGET must have no path'],
    ['with no number of requests', { TARGET: 'http://a', REQUESTS: '0' }, 'REQUESTS'],
  ] as const) {
    it(`is refused ${why}`, () => {
      expect(() => readAcceptanceSettings(env)).to.throw(message);
    });
  }
});
