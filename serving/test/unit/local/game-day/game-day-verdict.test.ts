import { expect } from 'chai';
import { checksOf, pendingSeconds, type GameDay } from '../../../../local/game-day/game-day-verdict.js';
import { figuresOf, windowsOf } from '../../../../local/game-day/steady-clients.js';

const GOOD: GameDay = {
  firingMessageAt: 80,
  resolvedMessageAt: 150,
  channels: ['webhook', 'email', 'telegram'],
  hold: { due: 300, waited: 299 },
  backToMinimumAt: 160,
  greatestReplicas: 6,
  maxReplicas: 6,
  minReplicas: 4,
  clients: [{ phase: 'during', requests: 1_000, successRate: 1, p50Ms: 4, p99Ms: 12, failures: {} }],
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
    [{ channels: ['webhook', 'email'] }, 'it came by'],
    [{ hold: { due: 300, waited: 280 } }, 'had been true for 300 s'],
    [{ hold: { due: 300, waited: undefined } }, 'had been true for 300 s'],
    [{ hold: { due: undefined, waited: 300 } }, 'had been true for ? s'],
    [{ backToMinimumAt: undefined }, 'came back to 4'],
    [{ greatestReplicas: 7 }, 'never more than 6'],
    [{ greatestReplicas: 5 }, 'rose to 6'],
    [
      {
        clients: [{ phase: 'during', requests: 1_000, successRate: 0.99, p50Ms: 4, p99Ms: 12, failures: {} }],
      },
      'other clients',
    ],
    [
      { clients: [{ phase: 'during', requests: 0, successRate: NaN, p50Ms: NaN, p99Ms: NaN, failures: {} }] },
      'other clients',
    ],
  ];
  for (const [day, what] of bad) {
    it(`is bad with ${JSON.stringify(day)}`, () => {
      const [found, ...others] = failed(day);
      expect(found).to.include(what);
      expect(others).to.deep.equal([]);
    });
  }
});

describe('how long the alert was pending', () => {
  it('is told of the time right before it fired', () => {
    const changes = [
      { second: 0, state: 'inactive' },
      { second: 10, state: 'pending' },
      { second: 20, state: 'inactive' },
      { second: 30, state: 'pending' },
      { second: 331, state: 'firing' },
      { second: 400, state: 'inactive' },
    ] as const;
    expect(pendingSeconds(changes)).to.equal(301);
    expect(pendingSeconds(changes.slice(0, 4))).to.equal(undefined);
    expect(pendingSeconds(changes.slice(4))).to.equal(undefined);
  });
});

describe('what clients saw', () => {
  const T = 1_790_000_000_000;

  it('is told by phase, and p99 is of what was answered', () => {
    const asked = [
      { at: T + 1_000, ms: 10, status: 200 },
      { at: T + 6_000, ms: 20, status: 200 },
      { at: T + 7_000, ms: 5_000, failure: 'no answer' },
    ];
    const phases = [
      { name: 'before', fromAt: -Infinity },
      { name: 'during', fromAt: T + 6_000 },
      { name: 'after', fromAt: T + 8_000 },
    ];
    const [before, during, after] = figuresOf(asked, phases);
    expect(before).to.deep.equal({
      phase: 'before',
      requests: 1,
      successRate: 1,
      p50Ms: 10,
      p99Ms: 10,
      failures: {},
    });
    expect(during).to.deep.equal({
      phase: 'during',
      requests: 2,
      successRate: 0.5,
      p50Ms: 20,
      p99Ms: 20,
      failures: { 'no answer': 1 },
    });
    expect(after).to.include({ phase: 'after', requests: 0 });
    expect(
      windowsOf(asked.toReversed(), T, 5).map(({ second, successRate, p99Ms }) => [
        second,
        successRate,
        p99Ms,
      ]),
    ).to.deep.equal([
      [2.5, 1, 10],
      [7.5, 0.5, 20],
    ]);
  });
});
