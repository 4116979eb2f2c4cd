import { expect } from 'chai';
import { Registry } from 'prom-client';
import { ServableMetrics } from '../../../src/metrics/servables.js';
import type { Manifest } from '../../../src/model-package/manifest.js';
import { draftManifest } from '../../support/manifests.js';
import { sampleOf } from '../../support/metric-samples.js';

const VERSION = { modelName: 'churn', version: '7', digest: 'sha256:77' };
const LABELS = { model: 'churn', model_version: '7', alias: 'champion' };
const CREATED = 'serving_model_created_timestamp_seconds';
const WINDOW_END = 'serving_model_data_window_end_timestamp_seconds';

function lineageWith(end: string | null): Manifest['lineage'] {
  const { lineage } = draftManifest();
  return {
    ...lineage,
    created_at: '2026-11-01T12:00:00Z',
    data: { ...lineage.data, window: { start: null, end } },
  };
}

describe('ServableMetrics', () => {
  let registry: Registry;
  let metrics: ServableMetrics;

  beforeEach(() => {
    registry = new Registry();
    metrics = new ServableMetrics(registry);
  });

  for (const [end, seconds] of [
    ['2026-10-31', Date.UTC(2026, 9, 31) / 1_000],
    ['2026-10-31T23:00:00', Date.UTC(2026, 9, 31, 23) / 1_000],
    ['2026-10-31T23:00:00+03:00', Date.UTC(2026, 9, 31, 20) / 1_000],
  ] as const) {
    it(`says when a version was trained, and that its data ends at ${end}`, async () => {
      metrics.loaded(VERSION, lineageWith(end), 'champion', 0.1);
      const text = await registry.metrics();
      expect(sampleOf(text, CREATED, LABELS)).to.equal(Date.UTC(2026, 10, 1, 12) / 1_000);
      expect(sampleOf(text, WINDOW_END, LABELS)).to.equal(seconds);
    });
  }

  for (const end of [null, 'last autumn']) {
    it(`says nothing of the end of data whose window ends at ${end ?? 'no time'}`, async () => {
      metrics.loaded(VERSION, lineageWith(end), 'champion', 0.1);
      expect(sampleOf(await registry.metrics(), WINDOW_END)).to.equal(undefined);
    });
  }

  it('forgets a version that is not in memory any more', async () => {
    metrics.loaded(VERSION, lineageWith('2026-10-31'), 'champion', 0.1);
    metrics.retired(VERSION, 'champion');
    const text = await registry.metrics();
    for (const name of [CREATED, WINDOW_END, 'serving_model_info']) {
      expect(sampleOf(text, name)).to.equal(undefined);
    }
  });
});
