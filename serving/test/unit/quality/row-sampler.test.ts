import { expect } from 'chai';
import { RowSampler, type RowSample } from '../../../src/quality/row-sampler.js';
import { seededRandom } from '../../support/seeded-random.js';

function picked({ first, stride }: RowSample, rows: number): number {
  return Math.ceil((rows - first) / stride);
}

describe('RowSampler', () => {
  it('picks every row while they fit into the budget', () => {
    const sampler = new RowSampler(100, seededRandom(1));
    for (let i = 0; i < 99; i += 1) {
      expect(sampler.pick(1, i)).to.deep.equal({ first: 0, stride: 1 });
    }
  });

  /** Rows that were picked, and that they stand for, in each of some seconds. */
  function seconds(
    sampler: RowSampler,
    count: number,
    requestsASecond: number,
    rowsOf: (i: number) => number,
  ): { readonly picked: number; readonly standFor: number; readonly brought: number }[] {
    return Array.from({ length: count }, (_, second) => {
      const sum = { picked: 0, standFor: 0, brought: 0 };
      for (let i = 0; i < requestsASecond; i += 1) {
        const rows = rowsOf(i);
        const sample = sampler.pick(rows, second * 1_000 + (i * 1_000) / requestsASecond);
        const taken = sample === undefined ? 0 : picked(sample, rows);
        sum.picked += taken;
        sum.standFor += taken * (sample?.stride ?? 0);
        sum.brought += rows;
      }
      return sum;
    });
  }

  it('keeps to the budget when single rows come at twenty times its rate', () => {
    const all = seconds(new RowSampler(1_000, seededRandom(2)), 10, 20_000, () => 1);
    for (const second of all.slice(1)) expect(second.picked).to.be.within(800, 1_200);
    expect(all[0]!.picked, 'the first such second').to.be.below(4_000);
  });

  it('keeps to the budget within one huge request', () => {
    const sample = new RowSampler(1_000, seededRandom(3)).pick(1_000_000, 0)!;
    expect(picked(sample, 1_000_000)).to.be.within(900, 1_000);
  });

  it('has its rows stand for all rows, be they single or in large batches', () => {
    const all = seconds(new RowSampler(1_000, seededRandom(4)), 30, 400, (i) => (i % 40 === 0 ? 1_000 : 1));
    const standFor = all.reduce((sum, second) => sum + second.standFor, 0);
    const brought = all.reduce((sum, second) => sum + second.brought, 0);
    expect(standFor / brought).to.be.within(0.97, 1.03);
  });

  it('gives every row of a request the same chance', () => {
    const sampler = new RowSampler(1, seededRandom(5));
    const hits = new Array<number>(10).fill(0);
    const tries = 20_000;
    let expected = 0;
    for (let i = 0; i < tries; i += 1) {
      const sample = sampler.pick(10, i * 2_000);
      expected += 1 / 11;
      for (let row = sample?.first ?? 10; row < 10; row += sample!.stride) hits[row]! += 1;
    }
    for (const hit of hits) expect(hit / expected).to.be.within(0.9, 1.1);
  });

  it('picks every row again after a quiet second', () => {
    const sampler = new RowSampler(10, seededRandom(6));
    sampler.pick(1_000, 0);
    sampler.pick(1_000, 1_000);
    expect(sampler.pick(1, 3_500)).to.deep.equal({ first: 0, stride: 1 });
  });
});
