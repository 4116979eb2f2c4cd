import { expect } from 'chai';
import { bucketOf, route } from '../../../src/prediction/traffic-policy.js';
import type { ServedRole, TrafficSplit } from '../../../src/servables/served-roles.js';

const all = (): boolean => true;
const KEYS = Array.from({ length: 20_000 }, (_, i) => `applicant-${i}`);

function roleOf(
  key: string,
  split: TrafficSplit,
  model = 'credit',
  isAvailable: (role: ServedRole) => boolean = all,
): string {
  const { role, shadow } = route({ model, split }, isAvailable, key);
  return shadow ? `${role} and shadow` : role;
}

/** Keys whose requests the canary answers. */
function chosen(percent: number, version = '7', model = 'credit'): Set<string> {
  const split = { canary: { version, percent } };
  return new Set(KEYS.filter((key) => roleOf(key, split, model) === 'canary'));
}

describe('the traffic policy', () => {
  describe('without a version beside the champion', () => {
    it('gives every request to the champion', () => {
      for (const key of KEYS.slice(0, 100)) expect(roleOf(key, {})).to.equal('champion');
      for (const key of KEYS.slice(0, 100))
        expect(roleOf(key, { standby: { version: '6' } })).to.equal('champion');
    });
  });

  describe('with a canary', () => {
    it('gives it exactly nothing at 0 percent, and everything at 100', () => {
      expect([chosen(0).size, chosen(100).size]).to.deep.equal([0, KEYS.length]);
    });

    for (const percent of [0.01, 0.5, 5, 12.34, 50, 99.99]) {
      it(`gives it ${percent} percent of many keys`, () => {
        const expected = (KEYS.length * percent) / 100;
        // Five standard deviations of a fair draw.
        const slack = 5 * Math.sqrt(expected * (1 - percent / 100));
        expect(chosen(percent).size).to.be.within(expected - slack, expected + slack);
      });
    }

    it('keeps those whom it answers as its share grows', () => {
      let former = chosen(0);
      for (const percent of [0.01, 1, 5, 25, 25.01, 50, 99, 100]) {
        const now = chosen(percent);
        for (const key of former) expect(now.has(key), `${key} at ${percent}`).to.equal(true);
        expect(now.size).to.be.at.least(former.size);
        former = now;
      }
    });

    it('gives every key to the same side again', () => {
      expect([...chosen(10)]).to.deep.equal([...chosen(10)]);
      // And on every replica, of whatever release: written down, since a change moves clients from one side to the other.
      expect([...chosen(0.05)].sort()).to.deep.equal([
        'applicant-10084',
        'applicant-12387',
        'applicant-12716',
        'applicant-13274',
        'applicant-1377',
        'applicant-13968',
        'applicant-14563',
        'applicant-16226',
        'applicant-16786',
        'applicant-18345',
        'applicant-4258',
        'applicant-5773',
        'applicant-7636',
        'applicant-8926',
      ]);
    });

    it('picks other clients for another version, and for another model', () => {
      const overlap = (one: Set<string>, other: Set<string>): number =>
        [...one].filter((key) => other.has(key)).length;
      const seven = chosen(10);
      // A tenth of a tenth meets by chance: 200 of 20,000.
      expect(overlap(seven, chosen(10, '8'))).to.be.within(120, 280);
      expect(overlap(seven, chosen(10, '7', 'churn'))).to.be.within(120, 280);
    });

    it('is given nothing while its version is not available', () => {
      const without = (role: ServedRole): boolean => role !== 'canary';
      const split = { canary: { version: '7', percent: 100 } };
      for (const key of KEYS.slice(0, 100))
        expect(roleOf(key, split, 'credit', without)).to.equal('champion');
    });
  });

  describe('with a shadow', () => {
    const shown = (percent: number): string[] =>
      KEYS.filter((key) => roleOf(key, { shadow: { version: '8', percent } }) === 'champion and shadow');

    it('has the champion answer, and shows the shadow its share of that', () => {
      expect([shown(0).length, shown(100).length]).to.deep.equal([0, KEYS.length]);
      expect(shown(10).length).to.be.within(1_780, 2_220);
    });

    it('shows it nothing while its version is not available', () => {
      const without = (role: ServedRole): boolean => role !== 'shadow';
      const split = { shadow: { version: '8', percent: 100 } };
      expect(roleOf('a', split, 'credit', without)).to.equal('champion');
    });

    it('shows it nothing that a canary answers, and of the rest as much as of all', () => {
      const split = { canary: { version: '7', percent: 50 }, shadow: { version: '7', percent: 50 } };
      const sides = KEYS.map((key) => roleOf(key, split));
      expect(new Set(sides)).to.deep.equal(new Set(['canary', 'champion', 'champion and shadow']));
      const rest = sides.filter((side) => side !== 'canary');
      const part = rest.filter((side) => side === 'champion and shadow').length / rest.length;
      expect(part).to.be.within(0.47, 0.53);
    });
  });
});

describe('the buckets of keys', () => {
  const CELLS = 100;
  const families: Record<string, (i: number) => string> = {
    'that count upwards': (i) => String(i),
    'that end alike': (i) => `${i}@bank.example`,
    'of one long name': (i) => `${'customer/'.repeat(12)}${i}`,
    'that differ in a bit': (i) => i.toString(2).padStart(20, '0'),
  };
  for (const [what, keyOf] of Object.entries(families)) {
    it(`are filled evenly by keys ${what}`, () => {
      const draws = 100_000;
      const counts = new Array<number>(CELLS).fill(0);
      for (let i = 0; i < draws; i += 1) {
        const bucket = bucketOf(`credit/7/${keyOf(i)}`);
        expect(bucket).to.be.within(0, 9_999);
        counts[Math.floor(bucket / CELLS)]! += 1;
      }
      const expected = draws / CELLS;
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // 99 degrees of freedom: an even draw is above 161 once in 10,000 times, and below 48.7 as rarely.
      expect(chiSquare).to.be.within(48.7, 161);
    });
  }
});
