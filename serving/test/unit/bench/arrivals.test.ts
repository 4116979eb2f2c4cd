import { expect } from 'chai';
import { arrivalsOf } from '../../../bench/load/generator/arrivals.js';
import type { Pace, Plan } from '../../../bench/load/generator/plan.js';

function plan(...paces: readonly Pace[]): Plan {
  return {
    port: 1,
    durationMs: 10_000,
    drainMs: 0,
    seed: 3,
    streams: paces.map((pace, i) => ({ name: String(i), method: 'GET', path: '/', pace })),
  };
}

const even = (ratePerSecond: number): Pace => ({ kind: 'open', ratePerSecond, arrivals: 'even' });
const poisson = (ratePerSecond: number): Pace => ({ kind: 'open', ratePerSecond, arrivals: 'poisson' });

describe('arrivals of an open loop', () => {
  it('come at their rate, in order, whatever the number of streams', () => {
    const arrivals = [...arrivalsOf(plan(even(10), poisson(100)))];
    expect(arrivals.filter(({ stream }) => stream === 0)).to.have.length(99);
    expect(arrivals.filter(({ stream }) => stream === 1).length).to.be.within(900, 1_100);
    expect(arrivals.map(({ dueMs }) => dueMs)).to.deep.equal(
      arrivals.map(({ dueMs }) => dueMs).toSorted((a, b) => a - b),
    );
    expect(arrivals.at(-1)!.dueMs).to.be.below(10_000);
  });

  it('are as irregular as independent clients', () => {
    const due = [...arrivalsOf(plan(poisson(100)))].map(({ dueMs }) => dueMs);
    const gaps = due.slice(1).map((at, i) => at - due[i]!);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(deviation / mean).to.be.within(0.8, 1.2);
  });

  it('are the same for the same seed', () => {
    expect([...arrivalsOf(plan(poisson(50)))]).to.deep.equal([...arrivalsOf(plan(poisson(50)))]);
  });

  it('are none in a closed loop', () => {
    expect([...arrivalsOf(plan({ kind: 'closed', connections: 4 }))]).to.deep.equal([]);
  });
});
