import { expect } from 'chai';
import { messageOf, type Mixture } from '../../../../local/attack/messages.js';

const MIXTURE: Mixture = {
  malformedShare: 0.1,
  oversizedShare: 0.01,
  messageBytes: 0,
  oversizedBytes: 10_000,
  keys: 'many',
};
const ROWS = ['{"age":40}', '{"age":41}'];

describe('the messages of an attack', () => {
  const messages = (mixture: Mixture, count = 1_000) =>
    Array.from({ length: count }, (_, n) => messageOf(n, ROWS, 'run', mixture));

  it('have the shares of kinds that were asked for, evenly', () => {
    const all = messages(MIXTURE);
    const malformed = all.filter(({ kind }) => kind === 'malformed').length;
    const oversized = all.filter(({ kind }) => kind === 'oversized').length;
    expect(malformed).to.equal(100);
    // Where both are due, it is malformed.
    expect(oversized + malformed).to.be.within(100, 110);
    expect(all.slice(0, 100).filter(({ kind }) => kind === 'malformed')).to.have.length(10);
    expect(
      messages({ ...MIXTURE, malformedShare: 0, oversizedShare: 1 }).every((m) => m.kind === 'oversized'),
    ).to.equal(true);
  });

  it('are rows of the model, or no JSON, or too long', () => {
    for (const { kind, value } of messages(MIXTURE)) {
      if (kind === 'malformed') expect(() => JSON.parse(value) as unknown).to.throw(SyntaxError);
      else expect(JSON.parse(value)).to.have.property('age');
      expect(value.length >= 10_000).to.equal(kind === 'oversized');
    }
  });

  it('have the size that was asked for and stay valid', () => {
    for (const { kind, value } of messages({ ...MIXTURE, messageBytes: 500 })) {
      if (kind !== 'oversized') expect(value).to.have.length(500);
      if (kind === 'valid') expect(JSON.parse(value)).to.have.property('age');
    }
  });

  it('have keys of their own, or one', () => {
    const keys = (mixture: Mixture) => new Set(messages(mixture).map(({ key }) => key)).size;
    expect(keys(MIXTURE)).to.equal(1_000);
    expect(keys({ ...MIXTURE, keys: 'one' })).to.equal(1);
  });
});
