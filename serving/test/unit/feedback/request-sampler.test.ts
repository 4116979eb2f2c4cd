import { expect } from 'chai';
import { RequestSampler, type RequestSamplerOptions } from '../../../src/feedback/request-sampler.js';

function sampler(options: Partial<RequestSamplerOptions> = {}): RequestSampler {
  return new RequestSampler({
    sampleRate: 1,
    rowsPerSecond: 1_000_000,
    rowsPerRequest: 100,
    ...options,
  });
}

function ids(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `request-${i}`);
}

describe('RequestSampler', () => {
  it('takes every row of every request at a rate of 1', () => {
    const all = sampler();
    for (const id of ids(100)) {
      expect(all.pick(id, 3, 0)).to.deep.equal({ first: 0, stride: 1, weight: 1 });
    }
  });

  it('takes nothing at a rate of 0', () => {
    const none = sampler({ sampleRate: 0 });
    expect(ids(100).map((id) => none.pick(id, 1, 0))).to.deep.equal(ids(100).map(() => undefined));
  });

  it('takes about its share, and says how many each stands for', () => {
    const fifth = sampler({ sampleRate: 0.2 });
    const chosen = ids(10_000).flatMap((id) => fifth.pick(id, 1, 0) ?? []);
    // Four standard deviations of a binomial with n = 10,000 and p = 0.2.
    expect(chosen.length).to.be.within(1_840, 2_160);
    for (const { weight } of chosen) expect(weight).to.equal(5);
  });

  it('decides alike in every replica, and at a lower rate takes some of what it takes at a higher one', () => {
    const chosenBy = (one: RequestSampler): string[] =>
      ids(2_000).filter((id) => one.pick(id, 1, 0) !== undefined);
    const half = chosenBy(sampler({ sampleRate: 0.5 }));
    expect(chosenBy(sampler({ sampleRate: 0.5 }))).to.deep.equal(half);
    expect(half).to.include.members(chosenBy(sampler({ sampleRate: 0.1 })));
  });

  it('takes evenly spread rows of a large request, each as likely as any other', () => {
    const large = sampler({ rowsPerRequest: 4 });
    const hits = new Array<number>(10).fill(0);
    for (const id of ids(3_000)) {
      const { first, stride, weight } = large.pick(id, 10, 0)!;
      expect(stride).to.equal(3);
      expect(weight).to.equal(3);
      for (let row = first; row < 10; row += stride) hits[row]! += 1;
    }
    // Four standard deviations around 1,000.
    for (const count of hits) expect(count).to.be.within(896, 1_104);
  });

  it('stays near its budget of rows, and weighs what it takes so that sums stay what they were', () => {
    const bounded = sampler({ rowsPerSecond: 100 });
    let taken = 0;
    let weighed = 0;
    const seconds = 20;
    for (let second = 0; second < seconds; second += 1) {
      for (let i = 0; i < 2_000; i += 1) {
        const chosen = bounded.pick(`r-${second}-${i}`, 1, second * 1_000 + i / 2);
        if (chosen === undefined) continue;
        taken += 1;
        weighed += chosen.weight;
      }
    }
    expect(taken).to.be.within(1_500, 2_600);
    expect(weighed / (seconds * 2_000)).to.be.within(0.85, 1.15);
  });

  it('takes everything again after a second in which little came', () => {
    const bounded = sampler({ rowsPerSecond: 10 });
    for (const id of ids(1_000)) bounded.pick(id, 1, 0);
    expect(bounded.pick('late', 1, 5_000)).to.include({ weight: 1 });
  });

  it('renews its budget when the clock is set back', () => {
    const bounded = sampler({ rowsPerSecond: 10 });
    for (const id of ids(1_000)) bounded.pick(id, 1, 100_000);
    bounded.pick('earlier', 1, 1_000);
    expect(bounded.pick('later', 1, 4_000)).to.include({ weight: 1 });
  });
});
