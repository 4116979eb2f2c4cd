import { expect } from 'chai';
import { Registry } from 'prom-client';
import { RequestMetrics } from '../../../src/metrics/requests.js';
import { samplesIn } from '../../support/metric-samples.js';

describe('RequestMetrics', () => {
  it('counts answers and refusals by route, status and code', async () => {
    const registry = new Registry();
    const metrics = new RequestMetrics(registry);
    metrics.succeeded('/predict');
    metrics.succeeded('/predict');
    metrics.succeeded('/invocations');
    metrics.refused('/predict', 422, 'SIGNATURE_MISMATCH');
    const samples = samplesIn(await registry.metrics());
    expect(samples.map(({ labels, value }) => [...Object.values(labels), value])).to.have.deep.members([
      ['/predict', '200', 'ok', 2],
      ['/invocations', '200', 'ok', 1],
      ['/predict', '422', 'SIGNATURE_MISMATCH', 1],
    ]);
  });

  it('goes on counting after it was read', async () => {
    const registry = new Registry();
    const metrics = new RequestMetrics(registry);
    for (const expected of [1, 2, 3]) {
      metrics.succeeded('/predict');
      expect(samplesIn(await registry.metrics())[0]?.value).to.equal(expected);
    }
    expect(samplesIn(await registry.metrics())[0]?.value, 'read again').to.equal(3);
  });
});
