import { expect } from 'chai';
import { afterEnd, EARLY_MS, type WorkerEnd } from '../../../src/workers/restart-policy.js';

const LONG_MS = EARLY_MS;
const SHORT_MS = EARLY_MS - 1;

/** Ends one second apart. */
function ends(...livedMs: number[]): WorkerEnd[] {
  return livedMs.map((lived, i) => ({ atMs: i * 1_000, livedMs: lived }));
}

function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

describe('afterEnd', () => {
  it('replaces at once what has lived for a while', () => {
    expect(afterEnd(ends(LONG_MS), false)).to.deep.equal({ kind: 'replace', afterMs: 0 });
    expect(afterEnd(ends(SHORT_MS, SHORT_MS, SHORT_MS, SHORT_MS, LONG_MS), false)).to.deep.equal({
      kind: 'replace',
      afterMs: 0,
    });
  });

  it('waits longer with each early end', () => {
    const delays = [1, 2, 3, 4].map((count) => afterEnd(ends(...times(count, SHORT_MS)), false));
    expect(delays).to.deep.equal([
      { kind: 'replace', afterMs: 100 },
      { kind: 'replace', afterMs: 200 },
      { kind: 'replace', afterMs: 400 },
      { kind: 'replace', afterMs: 800 },
    ]);
  });

  it('gives up at the fifth early end where nobody serves', () => {
    expect(afterEnd(ends(...times(5, SHORT_MS)), false)).to.deep.equal({ kind: 'give-up' });
  });

  it('never gives up while another serves, and waits half a minute at most', () => {
    expect(afterEnd(ends(...times(5, SHORT_MS)), true)).to.deep.equal({ kind: 'replace', afterMs: 1_600 });
    expect(afterEnd(ends(...times(90, SHORT_MS)), true)).to.deep.equal({ kind: 'replace', afterMs: 30_000 });
  });

  it('begins to count again after one that lived for a while', () => {
    const verdict = afterEnd(ends(SHORT_MS, SHORT_MS, SHORT_MS, SHORT_MS, LONG_MS, SHORT_MS), false);
    expect(verdict).to.deep.equal({ kind: 'replace', afterMs: 100 });
  });

  it('forgets what is longer ago than five minutes', () => {
    const old = ends(...times(4, SHORT_MS));
    const now = { atMs: 3_000 + 5 * 60_000 + 1, livedMs: SHORT_MS };
    expect(afterEnd([...old, now], false)).to.deep.equal({ kind: 'replace', afterMs: 100 });
  });
});
