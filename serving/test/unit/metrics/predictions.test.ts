import { expect } from 'chai';
import { Registry } from 'prom-client';
import { PredictionMetrics } from '../../../src/metrics/predictions.js';
import { samplesIn } from '../../support/metric-samples.js';

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
});
