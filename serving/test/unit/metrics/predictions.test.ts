import { expect } from 'chai';
import { Registry } from 'prom-client';
import { PredictionMetrics } from '../../../src/metrics/predictions.js';
import { sampleOf, samplesIn } from '../../support/metric-samples.js';

describe('PredictionMetrics', () => {
  it('keeps the series of the ten versions seen last, so that a year of promotions does not stay in memory', async () => {
    const registry = new Registry();
    const metrics = new PredictionMetrics(registry);
    for (let version = 1; version <= 12; version += 1) {
      metrics.series('toy', String(version), 'champion').observe(0.001, 5);
    }
    metrics.series('toy', '3', 'champion').observe(0.001, 5);
    metrics.series('toy', '13', 'champion').observe(0.001, 5);
    const rows = samplesIn(await registry.metrics()).filter(
      ({ name }) => name === 'serving_prediction_rows_total',
    );
    expect(rows.map(({ labels }) => labels['model_version'])).to.have.members([
      '3',
      '5',
      '6',
      '7',
      '8',
      '9',
      '10',
      '11',
      '12',
      '13',
    ]);
    expect(rows.find(({ labels }) => labels['model_version'] === '3')?.value).to.equal(10);
  });

  it('says of series that were dropped that nobody sees them, and counts on in new ones', async () => {
    const registry = new Registry();
    const metrics = new PredictionMetrics(registry);
    const champion = metrics.series('toy', '1', 'champion');
    for (let version = 2; version <= 11; version += 1) metrics.series('toy', String(version), 'canary');
    expect(champion.isDropped).to.equal(true);
    const again = metrics.series('toy', '1', 'champion');
    expect(again.isDropped).to.equal(false);
    again.observe(0.001, 5);
    expect(
      sampleOf(await registry.metrics(), 'serving_prediction_rows_total', { model_version: '1' }),
    ).to.equal(5);
  });

  it('counts rows and measures seconds', async () => {
    const registry = new Registry();
    const series = new PredictionMetrics(registry).series('toy', '1', 'champion');
    series.observe(0.003, 5);
    series.observe(0.004, 1);
    const text = await registry.metrics();
    expect(text).to.include(
      'serving_prediction_rows_total{model="toy",model_version="1",alias="champion"} 6',
    );
    expect(text).to.match(/serving_prediction_duration_seconds_bucket\{le="0.0025",[^}]*\} 0\n/);
    expect(text).to.match(/serving_prediction_duration_seconds_bucket\{le="0.005",[^}]*\} 2\n/);
  });

  it('counts the scores of rows by twentieths, and what is no number not at all', async () => {
    const registry = new Registry();
    const series = new PredictionMetrics(registry).series('toy', '1', 'canary');
    series.observeScores(Float32Array.of(0.9, 0.04, 0.03, 0.51, NaN, 1, 0.9), 1, 6);
    const text = await registry.metrics();
    const upTo = (le: string): number | undefined =>
      sampleOf(text, 'serving_prediction_score_bucket', { le, alias: 'canary' });
    expect([upTo('0.05'), upTo('0.5'), upTo('0.55'), upTo('0.95'), upTo('1')]).to.deep.equal([2, 2, 3, 3, 4]);
    expect(sampleOf(text, 'serving_prediction_score_count')).to.equal(4);
    expect(sampleOf(text, 'serving_prediction_score_sum')).to.be.closeTo(1.58, 1e-6);
  });

  it('has no scores of models that give none, and drops those of a version with its other series', async () => {
    const registry = new Registry();
    const metrics = new PredictionMetrics(registry);
    metrics.series('toy', '1', 'champion').observeScores([0.5], 0, 1);
    const versions = async (): Promise<readonly (string | undefined)[]> =>
      samplesIn(await registry.metrics())
        .filter(({ name }) => name === 'serving_prediction_score_count')
        .map(({ labels }) => labels['model_version']);
    for (let version = 2; version <= 10; version += 1)
      metrics.series('toy', String(version), 'champion').observe(1, 1);
    expect(await versions()).to.deep.equal(['1']);
    metrics.series('toy', '11', 'champion');
    expect(await versions()).to.deep.equal([]);
  });
});
