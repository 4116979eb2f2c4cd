import { expect } from 'chai';
import { Registry } from 'prom-client';
import { saturationMetrics } from '../../../src/metrics/saturation.js';
import { sampleOf } from '../../support/metric-samples.js';

describe('saturationMetrics', () => {
  it('says how full the tier is at the time of asking, in seconds and bytes', async () => {
    const registry = new Registry();
    let fill = 0;
    saturationMetrics(registry, { queuedMs: () => 250 * fill, bufferedBytes: () => 4_096 * fill });
    for (fill of [0, 2, 1]) {
      const text = await registry.metrics();
      expect(sampleOf(text, 'serving_queued_work_seconds')).to.equal(fill / 4);
      expect(sampleOf(text, 'serving_buffered_body_bytes')).to.equal(fill * 4_096);
    }
  });
});
