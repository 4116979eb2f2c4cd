import { expect } from 'chai';
import { deadLetterOf } from '../../../src/stream/results.js';

const topics = { input: 'in', output: 'out', deadLetter: 'dead' };
const source = { partition: 3, offset: '17', timestampMs: 0, headers: undefined };
const reason = { reason: 'oversized', detail: '30 bytes, at most 20 are taken' } as const;

describe('a dead letter', () => {
  it('is the message as it was, with what is wrong and where it was', () => {
    const [key, value] = [Buffer.from('A-1'), Buffer.from('{')];
    expect(deadLetterOf({ ...source, key, value }, reason, topics, 20)).to.deep.equal({
      topic: 'dead',
      key,
      value,
      headers: {
        reason: 'oversized',
        detail: '30 bytes, at most 20 are taken',
        'source-topic': 'in',
        'source-partition': '3',
        'source-offset': '17',
      },
    });
  });

  it('is cut off at the limit, and says so', () => {
    const [key, value] = [Buffer.from('A-1'), Buffer.alloc(30)];
    const cut = deadLetterOf({ ...source, key, value }, reason, topics, 20);
    expect(cut.key!.length + cut.value!.length).to.equal(20);
    expect(cut.headers).to.include({ truncated: 'true' });
    const long = deadLetterOf({ ...source, key: Buffer.alloc(40), value }, reason, topics, 20);
    expect(long.key!.length + long.value!.length).to.equal(20);
  });

  it('says how often it was sent again, and hands on nothing else of the headers', () => {
    const [key, value] = [Buffer.from('A-1'), Buffer.from('{')];
    const headers = { replays: Buffer.from('2'), other: Buffer.from('x') };
    const again = deadLetterOf({ ...source, key, value, headers }, reason, topics, 20);
    expect(again.headers).to.include({ replays: '2' }).and.not.have.key('other');
  });

  it('lacks what the message lacked', () => {
    expect(deadLetterOf({ ...source, key: null, value: null }, reason, topics, 20)).to.include({
      key: null,
      value: null,
    });
  });
});
