import { expect } from 'chai';
import {
  recommendedReplicas,
  stabilisedReplicas,
  type ScalingRule,
} from '../../../../local/autoscaler/horizontal-scaling.js';

const RULE: ScalingRule = { min: 4, max: 6, targetUtilisation: 0.5, stabilisationMs: 60_000 };
const WIDE: ScalingRule = { ...RULE, min: 1, max: 100 };

describe('the number of replicas that utilisation asks for', () => {
  const four = (value: number): number[] => Array<number>(4).fill(value);

  const table: readonly (readonly [
    what: string,
    current: number,
    read: readonly number[],
    rule: ScalingRule,
    wanted: number,
  ])[] = [
    ['stays on target', 4, four(0.5), WIDE, 4],
    ['stays a tenth above', 4, four(0.55), WIDE, 4],
    ['rises beyond a tenth above', 4, four(0.56), WIDE, 5],
    ['stays a tenth below', 4, four(0.45), WIDE, 4],
    ['rounds up when it falls', 4, four(0.44), WIDE, 4],
    ['falls', 4, four(0.3), WIDE, 3],
    ['doubles with twice the target', 4, four(1), WIDE, 8],
    ['looks at the average', 4, [2, 0, 0, 0], WIDE, 4],
    ['never rises above the upper bound', 4, four(50), RULE, 6],
    ['never falls below the lower bound', 6, [0, 0, 0, 0, 0, 0], RULE, 4],
    ['comes back within the bounds from above', 9, Array<number>(9).fill(0.5), RULE, 6],
    ['does not change without a reading', 5, [], RULE, 5],
    ['does not change where one is no number', 5, [0.9, NaN, 0.9, 0.9, 0.9], RULE, 5],
    ['does not change where one is infinite', 5, [Infinity, 0, 0, 0, 0], RULE, 5],
    ['does not change where one is negative', 5, [-1, 9, 9, 9, 9], RULE, 5],
    ['takes a replica without a reading for idle when it would rise', 4, [1, 1, 1], WIDE, 6],
    ['does not fall because of readings that are missing', 4, [0.3, 0.3], WIDE, 4],
    ['takes a replica without a reading for busy when it would fall', 4, [0.1, 0.1, 0.1], WIDE, 3],
  ];
  for (const [what, current, read, rule, wanted] of table) {
    it(`${what}: ${current} replicas at [${read.join(', ')}] become ${wanted}`, () => {
      expect(recommendedReplicas(current, read, rule)).to.equal(wanted);
    });
  }
});

describe('the number of replicas after stabilisation', () => {
  it('rises at once', () => {
    const recommendations = [
      { atMs: 0, replicas: 4 },
      { atMs: 1_000, replicas: 6 },
    ];
    expect(stabilisedReplicas(4, recommendations, 1_000, RULE)).to.equal(6);
  });

  it('does not fall as long as something within the window asked for more', () => {
    const recommendations = [
      { atMs: 0, replicas: 6 },
      { atMs: 30_000, replicas: 5 },
      { atMs: 60_000, replicas: 4 },
    ];
    expect(stabilisedReplicas(6, recommendations, 60_000, RULE)).to.equal(6);
    expect(stabilisedReplicas(6, recommendations, 60_001, RULE)).to.equal(5);
    expect(stabilisedReplicas(5, recommendations, 90_001, RULE)).to.equal(4);
  });

  it('does not rise because something within the window asked for more than there are', () => {
    const recommendations = [
      { atMs: 0, replicas: 6 },
      { atMs: 1_000, replicas: 4 },
    ];
    expect(stabilisedReplicas(5, recommendations, 1_000, RULE)).to.equal(5);
  });

  it('does not change without a recommendation', () => {
    expect(stabilisedReplicas(5, [], 0, RULE)).to.equal(5);
  });
});
