import { expect } from 'chai';
import { DEAD_LETTER_REASONS } from '../../../src/stream/disposition.js';
import { advanced, earliest, outcomeOf, readPositions, reasonOf } from '../../../src/stream/replay-plan.js';
import { deadLetterOf } from '../../../src/stream/results.js';

const topics = { input: 'in', output: 'out', deadLetter: 'dead' };
const source = { partition: 3, offset: '17', timestampMs: 0, key: Buffer.from('A'), headers: undefined };

describe('a replay', () => {
  function letter(over: { readonly value?: Buffer; readonly replays?: string } = {}) {
    const { value = Buffer.from('{}'), replays } = over;
    const headers = replays === undefined ? undefined : { replays: Buffer.from(replays) };
    return deadLetterOf({ ...source, value, headers }, { reason: 'poison', detail: '' }, topics, 20);
  }

  it('sends again what is whole, of the topic that is read, and did not come back too often', () => {
    expect(outcomeOf(letter(), 'in', 3)).to.equal('replayed');
    expect(outcomeOf(letter({ replays: '2' }), 'in', 3)).to.equal('replayed');
    expect(outcomeOf(letter({ replays: '3' }), 'in', 3)).to.equal('exhausted');
    expect(outcomeOf(letter({ value: Buffer.alloc(30) }), 'in', 3)).to.equal('truncated');
    expect(outcomeOf(letter(), 'dead', 3)).to.equal('foreign');
    expect(outcomeOf({ headers: {} }, 'in', 3)).to.equal('foreign');
  });

  it('counts nothing that no replay has written', () => {
    for (const replays of ['', '-1', '1e9', 'often', '1,2']) {
      expect(outcomeOf(letter({ replays }), 'in', 1)).to.equal('replayed');
    }
  });

  it('knows the reasons of the stream only', () => {
    expect(reasonOf(letter())).to.equal('poison');
    expect(reasonOf({ headers: { reason: Buffer.from('other') } })).to.equal(undefined);
    expect(reasonOf({ headers: {} })).to.equal(undefined);
  });

  it('remembers for each reason how far it came, and never goes back', () => {
    const none = readPositions(undefined);
    expect(earliest(none, DEAD_LETTER_REASONS)).to.equal(0);
    const poison = readPositions(JSON.stringify(advanced(none, ['poison'], 40)));
    expect(earliest(poison, ['poison'])).to.equal(40);
    expect(earliest(poison, ['poison', 'malformed'])).to.equal(0);
    expect(earliest(advanced(poison, ['poison', 'malformed'], 30), ['poison'])).to.equal(40);
    expect(earliest(advanced(poison, ['poison', 'malformed'], 30), ['malformed'])).to.equal(30);
  });

  it('begins at the beginning where what is remembered is no such thing', () => {
    for (const text of ['', 'null', '7', '{"poison":-1}', '{"poison":"x"}']) {
      expect(earliest(readPositions(text), ['poison'])).to.equal(0);
    }
  });
});
