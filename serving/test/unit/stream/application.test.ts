import { expect } from 'chai';
import { readApplication, requestIdOf } from '../../../src/stream/application.js';

const MAX_BYTES = 100;

function read(key: string | Buffer | null, value: string | Buffer | null) {
  const buffer = (part: string | Buffer | null): Buffer | null =>
    typeof part === 'string' ? Buffer.from(part) : part;
  return readApplication({ key: buffer(key), value: buffer(value) }, MAX_BYTES);
}

describe('a message of the topic', () => {
  it('is an application when it has a key and a JSON object', () => {
    const row = Buffer.from('{"AGE": 42}');
    expect(read('A-1', row)).to.deep.equal({ id: 'A-1', requestId: 'A-1', row });
  });

  const unusable: readonly (readonly [string, string | Buffer | null, string | Buffer | null, string])[] = [
    ['no key', null, '{}', 'malformed'],
    ['an empty key', '', '{}', 'malformed'],
    ['a key that is no text', Buffer.from([0xff]), '{}', 'malformed'],
    ['no value', 'A-1', null, 'malformed'],
    ['an empty value', 'A-1', '', 'malformed'],
    ['a value that is no JSON', 'A-1', '{"AGE": NaN}', 'malformed'],
    ['a value that is no text', 'A-1', Buffer.from('7b2261223a22ff227d', 'hex'), 'malformed'],
    ['a list', 'A-1', '[{}]', 'malformed'],
    ['a number', 'A-1', '1', 'malformed'],
    ['null', 'A-1', 'null', 'malformed'],
    ['more bytes than are taken', 'A-1', `{"a":"${'x'.repeat(MAX_BYTES)}"}`, 'oversized'],
    ['more bytes than are taken, in its key', 'x'.repeat(MAX_BYTES), '{}', 'oversized'],
  ];
  for (const [what, key, value, reason] of unusable) {
    it(`is ${reason} with ${what}`, () => {
      expect(read(key, value)).to.include({ reason });
    });
  }

  it('says nothing of what it holds when it is unusable', () => {
    expect(JSON.stringify(read('A-1', '{"SALARY": 4711'))).not.to.contain('4711');
  });

  it('has its key for request id where that can be one, and a hash of it where not', () => {
    expect(requestIdOf('2026-000.1_a')).to.equal('2026-000.1_a');
    const hashed = requestIdOf('Müller/7');
    expect(hashed).to.match(/^key-[0-9a-f]{64}$/);
    expect(requestIdOf('Müller/7')).to.equal(hashed);
    expect(requestIdOf('Müller/8')).not.to.equal(hashed);
  });
});
