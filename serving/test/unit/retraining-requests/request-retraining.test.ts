import { expect } from 'chai';
import type { Asset } from '../../../src/retraining-requests/airflow-assets.js';
import {
  isCoolingDown,
  requestRetraining,
  type RetrainingAssets,
} from '../../../src/retraining-requests/request-retraining.js';

const HOUR_MS = 3_600_000;
const NOW = Date.parse('2026-11-21T12:00:00Z');
const cause = { cause: 'FeatureDrift', source: 'alert' } as const;

class OneAsset implements RetrainingAssets {
  readonly announced: object[] = [];
  constructor(private readonly lastEventAt: number | undefined) {}
  find(): Promise<Asset> {
    return Promise.resolve({ id: 3, lastEventAt: this.lastEventAt });
  }
  announce(_asset: Asset, extra: object): Promise<void> {
    this.announced.push(extra);
    return Promise.resolve();
  }
}

describe('a request for a retraining', () => {
  const cases: [string, number | undefined, boolean][] = [
    ['never requested', undefined, false],
    ['requested an hour ago', NOW - HOUR_MS, true],
    ['requested just within the time', NOW - 24 * HOUR_MS + 1, true],
    ['requested exactly that long ago', NOW - 24 * HOUR_MS, false],
  ];
  for (const [what, lastEventAt, cooling] of cases) {
    it(`${cooling ? 'waits' : 'goes through'} when one was ${what}`, () => {
      expect(isCoolingDown(lastEventAt, NOW, 24 * HOUR_MS)).to.equal(cooling);
    });
  }

  it('is announced with its cause', async () => {
    const assets = new OneAsset(undefined);
    const result = await requestRetraining(assets, 'a', cause, { now: NOW, cooldownMs: HOUR_MS });
    expect(result.requested).to.equal(true);
    expect(assets.announced).to.deep.equal([{ cause: 'FeatureDrift', source: 'alert' }]);
  });

  it('is not announced while the last one is young, and says until when', async () => {
    const assets = new OneAsset(NOW - 1);
    const result = await requestRetraining(assets, 'a', cause, { now: NOW, cooldownMs: HOUR_MS });
    expect(result.requested).to.equal(false);
    expect(result.reason).to.contain('2026-11-21T12:59:59.999Z');
    expect(assets.announced).to.deep.equal([]);
  });
});
