import { expect } from 'chai';
import { ApiKeys } from '../../../src/api/access/api-keys.js';
import { newApiKey } from '../../../src/cli/api-key.js';

const NOW = Date.UTC(2026, 0, 1);

describe('a new API key', () => {
  it('is found by the entry that is kept of it', () => {
    const { key, entry } = newApiKey('batch', 30, NOW);
    const found = ApiKeys.parse(JSON.stringify({ keys: [entry] })).find(key);
    expect(found?.caller.id).to.equal('batch');
    expect(found?.expiresAtMs).to.equal(Date.UTC(2026, 0, 31));
  });

  it('is good for ever where nothing else was asked for', () => {
    const { key, entry } = newApiKey('batch', undefined, NOW);
    expect(ApiKeys.parse(JSON.stringify({ keys: [entry] })).find(key)?.expiresAtMs).to.equal(Infinity);
  });

  it('is good for what it is limited to', () => {
    const { key, entry } = newApiKey('batch', undefined, NOW, { models: ['credit'], routes: ['/v2/*'] });
    const found = ApiKeys.parse(JSON.stringify({ keys: [entry] })).find(key);
    expect(found?.caller.models).to.deep.equal(new Set(['credit']));
    expect([found?.mayCall('/v2/models/{model}'), found?.mayCall('/predict')]).to.deep.equal([true, false]);
  });

  it('has 256 random bits, and can stand in a header', () => {
    const keys = new Set(Array.from({ length: 100 }, () => newApiKey('batch', undefined, NOW).key));
    expect(keys.size).to.equal(100);
    for (const key of keys) expect(key).to.match(/^msk_[\w-]{43}$/);
  });

  it('is not in what is kept of it', () => {
    const { key, entry } = newApiKey('batch', undefined, NOW);
    expect(JSON.stringify(entry)).not.to.include(key.slice(4));
  });
});
