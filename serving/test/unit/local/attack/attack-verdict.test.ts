import { expect } from 'chai';
import { verdictOn } from '../../../../local/attack/attack-verdict.js';
import type { Moment, Reading } from '../../../../local/attack/moment.js';

const NOTHING = {
  scoredRate: undefined,
  lag: undefined,
  p99Seconds: undefined,
  shedRatio: undefined,
  replicas: undefined,
  maxReplicas: undefined,
  utilisation: undefined,
  alert: 'inactive',
} satisfies Reading;
const COUNTS = {
  offered: { valid: 8, malformed: 1, oversized: 1 },
  acknowledged: 10,
  failed: 0,
  withheld: 0,
};

function moments(...readings: readonly (Partial<Reading> | undefined)[]): Moment[] {
  return readings.map((reading, second) => ({
    second,
    targetRate: 10,
    offeredRate: second,
    step: 0,
    reading: reading && { ...NOTHING, ...reading },
  }));
}

describe('the verdict on an attack', () => {
  it('takes the greatest of what was seen', () => {
    const verdict = verdictOn({
      counts: COUNTS,
      moments: moments({ lag: 5, replicas: 4, maxReplicas: 6 }, undefined, {
        lag: 3,
        replicas: 6,
        maxReplicas: 6,
      }),
    });
    expect(verdict).to.deep.include({
      offered: 10,
      greatestOfferedRate: 2,
      greatestLag: 5,
      greatestReplicas: 6,
      ceilingHeld: true,
      greatestP99Seconds: undefined,
    });
  });

  it('sees one moment above the ceiling', () => {
    const seen = moments(
      { replicas: 4, maxReplicas: 6 },
      { replicas: 7, maxReplicas: 6 },
      { replicas: 4, maxReplicas: 6 },
    );
    expect(verdictOn({ counts: COUNTS, moments: seen }).ceilingHeld).to.equal(false);
  });

  it('does not say that a ceiling held which nobody watched', () => {
    expect(verdictOn({ counts: COUNTS, moments: moments(undefined, {}) }).ceilingHeld).to.equal(undefined);
    expect(verdictOn({ counts: COUNTS, moments: [] }).alertChanges).to.deep.equal([]);
  });

  it('follows the alert through its states, over moments in which it was not seen', () => {
    const seen = moments({}, { alert: 'pending' }, undefined, { alert: 'pending' }, { alert: 'firing' }, {});
    expect(verdictOn({ counts: COUNTS, moments: seen }).alertChanges).to.deep.equal([
      { second: 0, state: 'inactive' },
      { second: 1, state: 'pending' },
      { second: 4, state: 'firing' },
      { second: 5, state: 'inactive' },
    ]);
  });
});
