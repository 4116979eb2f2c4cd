import { expect } from 'chai';
import { requestedAlias, trafficKeyOf } from '../../../src/api/traffic-headers.js';
import { RequestError } from '../../../src/errors.js';
import { thrown } from '../../support/rejection.js';

describe('the headers of live traffic', () => {
  for (const key of ['a', 'applicant 4711', '~'.repeat(128), '{"id":1}']) {
    it(`have a key such as ${key.slice(0, 20)}`, () => {
      expect(trafficKeyOf(key)).to.equal(key);
    });
  }

  it('may do without a key', () => {
    expect(trafficKeyOf(undefined)).to.equal(undefined);
  });

  for (const [what, header] of [
    ['is empty', ''],
    ['is longer than 128 characters', 'k'.repeat(129)],
    ['is not ASCII', 'заявка'],
    ['has control characters', 'a\tb'],
    ['is binary', Buffer.from('a')],
  ] as const) {
    it(`refuse a key that ${what}, without repeating it`, () => {
      const error = thrown(() => trafficKeyOf(header), RequestError);
      expect(error.code).to.equal('INVALID_REQUEST');
      expect(error.message).to.equal('Expected x-traffic-key to be 1 to 128 printable ASCII characters');
    });
  }

  it('name an alias, or none', () => {
    expect([
      requestedAlias('canary'),
      requestedAlias(undefined),
      requestedAlias(Buffer.from('x')),
    ]).to.deep.equal(['canary', undefined, undefined]);
  });
});
