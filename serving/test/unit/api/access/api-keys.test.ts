import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { ApiKeys } from '../../../../src/api/access/api-keys.js';
import { thrown } from '../../../support/rejection.js';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe('API keys', () => {
  const good = { name: 'batch', sha256: sha256('a-key') };

  it('are read from JSON and from YAML', () => {
    const yaml = `keys:\n  - name: batch\n    sha256: ${good.sha256}\n    expires_at: 2030-01-01T00:00:00Z\n`;
    for (const text of [JSON.stringify({ keys: [{ ...good, expires_at: '2030-01-01T00:00:00Z' }] }), yaml]) {
      const key = ApiKeys.parse(text).find('a-key');
      expect(key?.caller).to.deep.equal({ id: 'batch', authenticated: true });
      expect(key?.expiresAtMs).to.equal(Date.UTC(2030, 0, 1));
    }
  });

  it('are found by the key and by nothing else', () => {
    const keys = ApiKeys.parse(JSON.stringify({ keys: [good] }));
    expect(keys.size).to.equal(1);
    for (const other of ['A-key', 'a-key ', '', good.sha256, 'constructor']) {
      expect(keys.find(other), other).to.equal(undefined);
    }
  });

  it('are good for all routes and models, or for those that they name', () => {
    const limited = { ...good, routes: ['/predict', 'grpc/*'], models: ['churn'] };
    const key = ApiKeys.parse(JSON.stringify({ keys: [limited] })).find('a-key')!;
    expect(key.mayCall('/predict')).to.equal(true);
    expect(key.mayCall('grpc/ModelInfer')).to.equal(true);
    expect(key.mayCall('/invocations')).to.equal(false);
    expect([...key.caller.models!]).to.deep.equal(['churn']);
    const unlimited = ApiKeys.parse(JSON.stringify({ keys: [good] })).find('a-key')!;
    expect(unlimited.mayCall('/anything')).to.equal(true);
    expect(unlimited.caller.models).to.equal(undefined);
    expect(unlimited.expiresAtMs).to.equal(Infinity);
  });

  it('may share a name, so that one can follow the other', () => {
    const keys = ApiKeys.parse(JSON.stringify({ keys: [good, { ...good, sha256: sha256('next') }] }));
    expect(keys.find('a-key')?.caller.id).to.equal(keys.find('next')?.caller.id);
  });

  const secret = sha256('secret');
  const wrong: Record<string, readonly [text: string, says: RegExp]> = {
    'neither JSON nor YAML': [`{"keys": [${secret}`, /neither JSON nor YAML/],
    nothing: ['', /^it: /],
    'a list': [JSON.stringify([good]), /^it: /],
    'a plain key instead of a hash': [
      JSON.stringify({ keys: [{ ...good, sha256: 'plain-key' }] }),
      /^keys\.0\.sha256: must be 64/,
    ],
    'a hash in capitals': [JSON.stringify({ keys: [{ ...good, sha256: secret.toUpperCase() }] }), /sha256/],
    'a key in an entry of its own': [JSON.stringify({ keys: [{ ...good, key: secret }] }), /^keys\.0: /],
    'no name': [JSON.stringify({ keys: [{ sha256: secret }] }), /^keys\.0\.name: /],
    'a name that would break a log': [
      JSON.stringify({ keys: [{ ...good, name: 'a\nb' }] }),
      /^keys\.0\.name: /,
    ],
    'a day instead of a time': [
      JSON.stringify({ keys: [{ ...good, expires_at: '2030-01-01' }] }),
      /expires_at: must be a time/,
    ],
    'a key twice': [
      JSON.stringify({ keys: [good, { ...good, name: 'other' }] }),
      /^keys\.1\.sha256: is there twice/,
    ],
    'no routes at all': [JSON.stringify({ keys: [{ ...good, routes: [] }] }), /routes/],
    'a YAML bomb': ['a: &a [x]\nkeys: [*a, *a]\n', /neither JSON nor YAML/],
  };
  for (const [what, [text, says]] of Object.entries(wrong)) {
    it(`are refused as a whole for ${what}, without a word of what is in them`, () => {
      const { message } = thrown(() => ApiKeys.parse(text), Error);
      expect(message).to.match(says);
      for (const value of [secret, good.sha256, 'plain-key']) expect(message).not.to.include(value);
    });
  }
});
