import { expect } from 'chai';
import { Registry } from 'prom-client';
import { buildInfoMetric } from '../../../src/metrics/build-info.js';

describe('serving_build_info', () => {
  it('names the release, and the Node that it runs on', async () => {
    const registry = new Registry();
    buildInfoMetric(registry, '1.0.1');
    expect(await registry.metrics()).to.include(
      `serving_build_info{release="1.0.1",node="${process.version}"} 1`,
    );
  });
});
