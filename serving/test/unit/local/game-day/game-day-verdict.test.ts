import { expect } from 'chai';
import { checksOf, type GameDay } from '../../../../local/game-day/game-day-verdict.js';
import { figuresOf, windowsOf } from '../../../../local/game-day/steady-clients.js';

const GOOD: GameDay = {
  firingMessageAt: 80,
  resolvedMessageAt: 150,
  backToMinimumAt: 160,
  greatestReplicas: 6,
  maxReplicas: 6,
  minReplicas: 4,
  clients: [{ phase: 'during', requests: 1_000, successRate: 1, p99Ms: 12 }],
};

describe('the verdict on a game day', () => {
  const failed = (day: Partial<GameDay>): string[] =>
    checksOf({ ...GOOD, ...day }).flatMap(({ passed, what }) => (passed ? [] : [what]));

  it('is good when all happened', () => {
    expect(failed({})).to.deep.equal([]);
  });

  const bad: readonly (readonly [Partial<GameDay>, string])[] = [
    [{ firingMessageAt: undefined }, 'the alert reached'],
    [{ resolvedMessageAt: undefined }, 'its resolution'],
    [{ backToMinimumAt: undefined }, 'came back to 4'],
    [{ greatestReplicas: 7 }, 'never more than 6'],
    [{ greatestReplicas: undefined }, 'never more than 6'],
    [{ clients: [{ phase: 'during', requests: 1_000, successRate: 0.99, p99Ms: 12 }] }, 'other clients'],
    [{ clients: [{ phase: 'during', requests: 0, successRate: NaN, p99Ms: NaN }] }, 'other clients'],
  ];
  for (const [day, what] of bad) {
    it(`is bad with ${JSON.stringify(day)}`, () => {
      const [found, ...others] = failed(day);
      expect(found).to.include(what);
      expect(others).to.deep.equal([]);
    });
  }
});

describe('what clients saw', () => {
  it('is told by phase, and p99 is of what was answered', () => {
    const asked = [
      { phase: 'before', second: 1, ok: true, ms: 10 },
      { phase: 'during', second: 6, ok: true, ms: 20 },
      { phase: 'during', second: 7, ok: false, ms: 5_000 },
    ];
    expect(figuresOf(asked)).to.deep.equal([
      { phase: 'before', requests: 1, successRate: 1, p99Ms: 10 },
      { phase: 'during', requests: 2, successRate: 0.5, p99Ms: 20 },
    ]);
    expect(windowsOf(asked.toReversed(), 5)).to.deep.equal([
      { second: 2.5, successRate: 1, p99Ms: 10 },
      { second: 7.5, successRate: 0.5, p99Ms: 20 },
    ]);
  });
});
