import { expect } from 'chai';
import { Autoscaler, type Look } from '../../../../local/autoscaler/autoscaler.js';
import type { Sample } from '../../../../src/prometheus/prometheus-client.js';
import { sampleOf } from '../../../support/metric-samples.js';

const RULE = { min: 4, max: 6, targetUtilisation: 0.5, stabilisationMs: 30_000 };

describe('the local autoscaler', () => {
  let workers: number;
  let resized: number[];
  let readings: () => Promise<readonly Sample[]>;
  let nowMs: number;
  let scaler: Autoscaler;

  /** Every worker at this share of its limit. */
  function allAt(value: number): void {
    readings = () =>
      Promise.resolve(
        Array.from({ length: workers }, (_, i) => ({ labels: { replica: String(i + 1) }, value })),
      );
  }

  beforeEach(() => {
    workers = 4;
    resized = [];
    nowMs = 0;
    allAt(0.5);
    scaler = new Autoscaler(
      RULE,
      0.15,
      {
        read: () =>
          Promise.resolve({ wanted: workers, ids: Array.from({ length: workers }, (_, i) => i + 1) }),
        resize: (count) => {
          resized.push(count);
          workers = count;
          return Promise.resolve();
        },
      },
      { fresh: () => readings() },
      () => nowMs,
    );
  });

  function after(seconds: number): Promise<Look> {
    nowMs += seconds * 1_000;
    return scaler.look();
  }

  it('leaves the tier alone on target', async () => {
    expect(await scaler.look()).to.deep.equal({
      replicas: 4,
      desired: 4,
      utilisation: 0.5,
      trouble: undefined,
    });
    expect(resized).to.deep.equal([]);
  });

  it('rises at once, never above the maximum, and falls when nothing asked for more for long enough', async () => {
    allAt(20);
    await scaler.look();
    expect(resized).to.deep.equal([6]);
    await after(15);
    allAt(0.01);
    await after(15);
    await after(15);
    expect(resized, 'within the window').to.deep.equal([6]);
    await after(15);
    expect(resized).to.deep.equal([6, 4]);
  });

  const lies: Readonly<Record<string, () => Promise<readonly Sample[]>>> = {
    'does not answer': () => Promise.reject(new Error('connect ECONNREFUSED')),
    'has no sample': () => Promise.resolve([]),
    'says NaN': () => Promise.resolve([{ labels: { replica: '1' }, value: NaN }]),
    'says infinity': () => Promise.resolve([{ labels: { replica: '1' }, value: Infinity }]),
    'speaks of replicas that are no more': () => Promise.resolve([{ labels: { replica: '99' }, value: 20 }]),
  };
  for (const [what, reading] of Object.entries(lies)) {
    it(`changes nothing when Prometheus ${what}`, async () => {
      workers = 5;
      readings = reading;
      for (let i = 0; i < 10; i += 1) {
        const { desired, trouble } = await after(15);
        expect(desired).to.equal(5);
        expect(trouble).to.be.a('string');
      }
      expect(resized).to.deep.equal([]);
    });
  }

  it('does not count silence as a wish for fewer', async () => {
    workers = 6;
    allAt(0.5);
    await scaler.look();
    readings = () => Promise.resolve([]);
    await after(60);
    expect(resized).to.deep.equal([]);
  });

  it('shows what it does to Prometheus', async () => {
    allAt(20);
    await scaler.look();
    await scaler.look();
    const page = await scaler.metrics.metrics();
    expect(sampleOf(page, 'autoscaler_replicas')).to.equal(6);
    expect(sampleOf(page, 'autoscaler_replicas_min')).to.equal(4);
    expect(sampleOf(page, 'autoscaler_replicas_max')).to.equal(6);
    expect(sampleOf(page, 'autoscaler_desired_replicas')).to.equal(6);
    expect(sampleOf(page, 'autoscaler_replica_cpu_limit_cores')).to.equal(0.15);
  });
});
