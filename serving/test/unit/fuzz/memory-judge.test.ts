import { expect } from 'chai';
import { growthOf } from '../../fuzz/memory-judge.js';

const MIB = 1024 ** 2;

function measured(heapMib: (round: number) => number, rounds = 20) {
  return Array.from({ length: rounds }, (_, round) => ({
    heapUsed: heapMib(round) * MIB,
    external: 5 * MIB,
    rss: 150 * MIB,
  }));
}

describe('growthOf', () => {
  it('says nothing of a few measurements', () => {
    expect(growthOf(measured((round) => round, 7))).to.equal(undefined);
  });

  it('forgives the warm-up and what goes up and down', () => {
    expect(growthOf(measured((round) => (round < 6 ? 10 * round : 60)))).to.deep.equal([]);
    expect(growthOf(measured((round) => 30 + 3 * (round % 2)))).to.deep.equal([]);
  });

  it('names what grows with every round', () => {
    expect(growthOf(measured((round) => 30 + round))?.join()).to.match(/^heapUsed grew by \d+\.\d MiB/);
  });
});
