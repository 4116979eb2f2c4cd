import { expect } from 'chai';
import {
  around,
  differenceOfMeans,
  differenceOfProportions,
  meanInterval,
  MIN_ROWS_OF_A_MEAN,
  proportionInterval,
  type Interval,
  type Mean,
} from '../../../src/rollout/confidence-sequence.js';
import { seededRandom } from '../../support/seeded-random.js';

const TRIALS = 1_000;
const LOOKS = 200;
const ROWS_A_LOOK = 10;
const ALPHA = 0.05;

/** Share of trials in which an interval missed the truth at any of its looks. */
function shareOfMisses(truth: number, nextInterval: (random: () => number) => () => Interval): number {
  let misses = 0;
  for (let seed = 1; seed <= TRIALS; seed += 1) {
    const look = nextInterval(seededRandom(seed));
    for (let i = 0; i < LOOKS; i += 1) {
      const { lower, upper } = look();
      if (lower <= truth && truth <= upper) continue;
      misses += 1;
      break;
    }
  }
  return misses / TRIALS;
}

/** Looks until `isFound`, or undefined. */
function looksUntil(look: () => Interval, isFound: (interval: Interval) => boolean): number | undefined {
  for (let i = 1; i <= LOOKS; i += 1) if (isFound(look())) return i;
  return undefined;
}

function coins(random: () => number, p: number, perLook = ROWS_A_LOOK) {
  const counts = { events: 0, trials: 0 };
  return () => {
    for (let i = 0; i < perLook; i += 1) counts.events += random() < p ? 1 : 0;
    counts.trials += perLook;
    return { ...counts };
  };
}

/** Scores of a shape that is far from normal: most are low, some are high. */
function scores(random: () => number, shift: number, perLook = ROWS_A_LOOK): () => Mean {
  let [sum, squares, rows] = [0, 0, 0];
  return () => {
    for (let i = 0; i < perLook; i += 1) {
      const score = random() ** 4 * (1 - shift) + shift;
      sum += score;
      squares += score * score;
    }
    rows += perLook;
    const value = sum / rows;
    return { value, variance: squares / rows - value * value, rows };
  };
}

describe('confidence sequences', function () {
  this.timeout(60_000);

  for (const p of [0.005, 0.3]) {
    it(`miss a difference that is not there, at any of ${LOOKS} looks, in less than alpha of ${TRIALS} rollouts (p = ${p})`, () => {
      const share = shareOfMisses(0, (random) => {
        const [canary, champion] = [coins(random, p), coins(random, p, 3 * ROWS_A_LOOK)];
        return () => differenceOfProportions(canary(), champion(), ALPHA);
      });
      expect(share).to.be.below(ALPHA);
    });
  }

  it('hold for one proportion at every look', () => {
    const share = shareOfMisses(0.03, (random) => {
      const flips = coins(random, 0.03);
      return () => proportionInterval(flips(), ALPHA);
    });
    expect(share).to.be.below(ALPHA);
  });

  it('hold for a difference of means of skewed scores at every look', () => {
    const share = shareOfMisses(0, (random) => {
      const [canary, champion] = [scores(random, 0), scores(random, 0, 3 * ROWS_A_LOOK)];
      return () => differenceOfMeans(canary(), champion(), ALPHA, 0.05);
    });
    expect(share).to.be.below(ALPHA);
  });

  it('hold for one mean at every look', () => {
    const share = shareOfMisses(0.2, (random) => {
      const rows = scores(random, 0);
      return () => meanInterval(rows(), ALPHA, 0.05);
    });
    expect(share).to.be.below(ALPHA);
  });

  it('an interval of the usual kind would not: what these tests can see', () => {
    const share = shareOfMisses(0, (random) => {
      const [canary, champion] = [coins(random, 0.05), coins(random, 0.05)];
      return () => {
        const [one, other] = [canary(), champion()];
        const [p, q] = [one.events / one.trials, other.events / other.trials];
        const half = 1.96 * Math.sqrt((p * (1 - p)) / one.trials + (q * (1 - q)) / other.trials);
        return { estimate: p - q, lower: p - q - half, upper: p - q + half };
      };
    });
    expect(share).to.be.above(3 * ALPHA);
  });

  it('find real harm in every rollout', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seededRandom(seed);
      const [canary, champion] = [coins(random, 0.08), coins(random, 0.01)];
      const looks = looksUntil(
        () => differenceOfProportions(canary(), champion(), ALPHA),
        ({ lower }) => lower > 0.005,
      );
      expect(looks, `seed ${seed}`).to.be.a('number');
    }
  });

  it('find scores that moved in every rollout', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seededRandom(seed);
      const [canary, champion] = [scores(random, 0.2), scores(random, 0)];
      const looks = looksUntil(
        () => differenceOfMeans(canary(), champion(), ALPHA, 0.05),
        ({ lower }) => lower > 0.05,
      );
      expect(looks, `seed ${seed}`).to.be.a('number');
    }
  });

  it('need a handful of requests to see a version that always fails', () => {
    const champion = { events: 0, trials: 200 };
    expect(differenceOfProportions({ events: 9, trials: 9 }, champion, 0.001).lower).to.be.above(0.1);
  });

  it('prove a thousand answers without a failure to be less than one in a hundred', () => {
    const { lower, upper } = differenceOfProportions(
      { events: 0, trials: 1_000 },
      { events: 0, trials: 20_000 },
      0.05,
    );
    expect(upper).to.be.within(0.003, 0.01);
    expect(lower).to.be.below(0);
  });

  it('contain their estimate and nothing that can not be', () => {
    for (const one of [0, 1, 7, 10]) {
      for (const other of [0, 3, 10]) {
        const { estimate, lower, upper } = differenceOfProportions(
          { events: one, trials: 10 },
          { events: other, trials: 10 },
          0.05,
        );
        expect(lower).to.be.within(-1, estimate);
        expect(upper).to.be.within(estimate, 1);
      }
    }
  });

  it('are the mirror of themselves when the sides change', () => {
    const [one, other] = [
      { events: 12, trials: 300 },
      { events: 3, trials: 900 },
    ];
    const there = differenceOfProportions(one, other, 0.01);
    const back = differenceOfProportions(other, one, 0.01);
    expect(there.lower).to.be.closeTo(-back.upper, 1e-6);
    expect(there.upper).to.be.closeTo(-back.lower, 1e-6);
  });

  it('agree with a ratio that was worked out by hand', () => {
    // 2 of 2, against p: B(2.5, 0.5) / B(0.5, 0.5) / p^2 = (3/8) / p^2 reaches 20 at p = sqrt(0.01875).
    expect(proportionInterval({ events: 2, trials: 2 }, 0.05).lower).to.be.closeTo(Math.sqrt(0.01875), 1e-6);
  });

  it('say nothing without trials, or with too few rows for a mean', () => {
    const none = { events: 0, trials: 0 };
    expect(proportionInterval(none, 0.05)).to.deep.equal({ estimate: 0, lower: 0, upper: 1 });
    const some = { events: 1, trials: 5 };
    expect(differenceOfProportions(none, some, 0.05).upper).to.be.above(0.95);
    expect(differenceOfProportions(some, none, 0.05).lower).to.be.below(-0.95);
    const few = { value: 0.9, variance: 0.01, rows: MIN_ROWS_OF_A_MEAN - 1 };
    const many = { value: 0.1, variance: 0.01, rows: 10_000 };
    expect(differenceOfMeans(few, many, 0.05, 0.05)).to.include({ lower: -Infinity, upper: Infinity });
    expect(meanInterval(few, 0.05, 0.05)).to.include({ lower: -Infinity, upper: Infinity });
  });

  it('are finite where all rows are the same', () => {
    const { lower, upper } = around(0.01, 0, 0.05, 0.05);
    expect(upper - lower).to.be.within(1e-9, 0.001);
  });
});
