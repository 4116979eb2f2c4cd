import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { replyHeaders, requestIdOf } from '../../../src/api/reply-headers.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function requestWith(id: string | string[] | undefined): IncomingMessage {
  return { headers: { 'x-request-id': id } } as unknown as IncomingMessage;
}

describe('requestIdOf', () => {
  for (const id of ['a', 'client-1', '4d0b1c9e-0000', 'A_b.c-9', 'x'.repeat(128)]) {
    it(`repeats the client's ${id.slice(0, 20)}`, () => {
      expect(requestIdOf(requestWith(id))).to.equal(id);
    });
  }

  const bad = [
    undefined,
    '',
    'x'.repeat(129),
    'two words',
    'a\r\nset-cookie: b=c',
    'a\n',
    '"quoted"',
    '{}',
    'naïve',
    '<script>',
    '../../etc',
    'a\0b',
    ['a', 'b'],
  ];
  for (const id of bad) {
    it(`replaces ${id === undefined ? 'none' : JSON.stringify(id).slice(0, 30)} by a new one`, () => {
      const first = requestIdOf(requestWith(id));
      expect(first).to.match(UUID);
      expect(requestIdOf(requestWith(id)), 'each time another').not.to.equal(first);
    });
  }
});

describe('replyHeaders', () => {
  it('names the version and its bytes', () => {
    const id = { modelName: 'toy', version: '7', digest: 'sha256:00' };
    expect(replyHeaders(id, 'r-1')).to.deep.equal({
      'x-model-version': '7',
      'x-model-digest': 'sha256:00',
      'x-request-id': 'r-1',
    });
  });

  it('says "none" while there is no version', () => {
    expect(replyHeaders(undefined, 'r-1')).to.deep.equal({
      'x-model-version': 'none',
      'x-model-digest': 'none',
      'x-request-id': 'r-1',
    });
  });
});
