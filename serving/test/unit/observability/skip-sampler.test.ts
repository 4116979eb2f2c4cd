import { expect } from 'chai';
import { SkipSampler } from '../../../src/observability/skip-sampler.js';
import { seededRandom } from '../../support/seeded-random.js';

function chosen(sampler: SkipSampler, of: number): number[] {
  return Array.from({ length: of }, (_, i) => i).filter(() => sampler.next());
}

describe('SkipSampler', () => {
  it('chooses none at 0', () => {
    expect(chosen(new SkipSampler(0), 10_000)).to.be.empty;
  });

  it('chooses all at 1', () => {
    expect(chosen(new SkipSampler(1), 100)).to.have.length(100);
  });

  for (const rate of [0.001, 0.01, 0.25, 0.9]) {
    it(`chooses about ${rate} of them`, () => {
      const of = 200_000;
      const found = chosen(new SkipSampler(rate, seededRandom(7)), of).length;
      const deviation = Math.sqrt(of * rate * (1 - rate));
      expect(Math.abs(found - of * rate)).to.be.below(4 * deviation);
    });
  }

  it('has gaps of every length, so that periodic traffic does not hide from it', () => {
    const found = chosen(new SkipSampler(0.1, seededRandom(3)), 20_000);
    const phases = new Set(found.map((i) => i % 10));
    expect(phases.size).to.equal(10);
  });

  it('chooses with the random numbers that end the range', () => {
    expect(chosen(new SkipSampler(0.5, () => 0), 3)).to.deep.equal([0, 1, 2]);
    expect(chosen(new SkipSampler(0.5, () => 1 - Number.EPSILON / 2), 200)).to.have.length.below(5);
  });
});
