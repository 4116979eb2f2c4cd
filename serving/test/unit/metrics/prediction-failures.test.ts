import { expect } from 'chai';
import { Registry } from 'prom-client';
import { PredictionFailureMetrics } from '../../../src/metrics/prediction-failures.js';
import { sampleOf, samplesIn } from '../../support/metric-samples.js';

describe('PredictionFailureMetrics', () => {
  let registry: Registry;
  let metrics: PredictionFailureMetrics;

  beforeEach(() => {
    registry = new Registry();
    metrics = new PredictionFailureMetrics(registry);
  });

  async function of(name: string, labels: Record<string, string>): Promise<number | undefined> {
    return sampleOf(await registry.metrics(), `serving_prediction_${name}_total`, labels);
  }

  it('has series of a version before anything fails, so that the first failure is one more', async () => {
    metrics.open('toy', '7', 'canary');
    expect(await of('failures', { code: 'PREDICTION_FAILED' })).to.equal(0);
    expect(await of('failures', { code: 'DEADLINE_EXCEEDED' })).to.equal(0);
    expect(await of('fallbacks', {})).to.equal(0);
  });

  it('counts by version, role and code', async () => {
    metrics.failed('toy', '7', 'canary', 'PREDICTION_FAILED');
    metrics.failed('toy', '7', 'canary', 'PREDICTION_FAILED');
    metrics.failed('toy', '7', 'canary', 'SIGNATURE_MISMATCH');
    metrics.failed('toy', '6', 'champion', 'PREDICTION_FAILED');
    metrics.answeredByAnother('toy', '7', 'canary');
    const canary = { model: 'toy', model_version: '7', alias: 'canary' };
    expect(await of('failures', { ...canary, code: 'PREDICTION_FAILED' })).to.equal(2);
    expect(await of('failures', { ...canary, code: 'SIGNATURE_MISMATCH' })).to.equal(1);
    expect(await of('failures', { model_version: '6', code: 'PREDICTION_FAILED' })).to.equal(1);
    expect(await of('fallbacks', canary)).to.equal(1);
  });

  it('goes on counting when a version comes back', async () => {
    metrics.failed('toy', '7', 'canary', 'PREDICTION_FAILED');
    metrics.open('toy', '7', 'canary');
    expect(await of('failures', { code: 'PREDICTION_FAILED' })).to.equal(1);
  });

  it('keeps the series of the twenty versions seen last', async () => {
    for (let version = 1; version <= 25; version += 1) {
      metrics.failed('toy', String(version), 'canary', 'SIGNATURE_MISMATCH');
    }
    const versions = new Set(
      samplesIn(await registry.metrics()).map(({ labels }) => labels['model_version']),
    );
    expect([...versions]).to.deep.equal(Array.from({ length: 20 }, (_, i) => String(i + 6)));
  });
});
