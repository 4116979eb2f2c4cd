import { expect } from 'chai';
import { TRAFFIC_POLICY_TAG, writeTrafficPolicy } from '../../../src/registry/traffic-tags.js';
import { eventually } from '../../support/eventually.js';
import { expectGolden } from '../../support/golden-answers.js';
import { sampleOf } from '../../support/metric-samples.js';
import { useRealRegistry } from '../../support/real-registry.js';
import { TierUnderTest, type Predictions } from '../../support/tier-under-test.js';

const MODEL = 'shadowed';
const ADMIN_TOKEN = 'an-admin-token-of-tests';

describe('a shadow that a real MLflow names', function () {
  this.timeout(60_000);

  const real = useRealRegistry();
  let running: TierUnderTest;

  afterEach(() => running.stop());

  for (const [where, env] of [
    ['on the event loop', {}],
    ['on threads of their own', { INLINE_MODEL_BYTES: '0' }],
  ] as const) {
    it(`is loaded, compared and taken away by a tag alone, where graphs compute ${where}`, async () => {
      await real.register(MODEL, 'tensorA', { alias: 'champion' });
      const candidate = await real.register(MODEL, 'tensorB');
      running = await TierUnderTest.startReady(undefined, {
        MLFLOW_TRACKING_URI: real.trackingUri,
        MODEL_NAME: MODEL,
        ADMIN_TOKEN,
        ...env,
      });
      const look = (): Promise<unknown> =>
        running.manage('/admin/reload', {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
        });
      const labels = { model: MODEL, model_version: candidate.version };
      const isShadow = async (): Promise<boolean> =>
        sampleOf(await running.metrics(), 'serving_role_available', { ...labels, role: 'shadow' }) === 1;

      const policy = writeTrafficPolicy({ shadow: { version: candidate.version, percent: 100 } });
      await real.registry.setRegisteredModelTag(MODEL, TRAFFIC_POLICY_TAG, policy);
      await look();
      await eventually(async () => {
        expect(await isShadow()).to.equal(true);
      });
      const { manifest } = real.packages.tensorA;
      const answer = await running.predict(manifest.golden.rows);
      expectGolden((answer.json as Predictions).predictions, manifest);
      await eventually(async () => {
        const metrics = await running.metrics();
        expect(sampleOf(metrics, 'serving_shadow_rows_total', labels)).to.equal(manifest.golden.rows.length);
      });
      const flips = ['positive', 'negative'].map(
        async (to) =>
          sampleOf(await running.metrics(), 'serving_shadow_label_flips_total', { ...labels, to }) ?? 0,
      );
      expect((await Promise.all(flips)).reduce((sum, count) => sum + count)).to.be.above(0);

      await real.registry.deleteRegisteredModelTag(MODEL, TRAFFIC_POLICY_TAG);
      await look();
      await eventually(async () => {
        expect(await isShadow()).to.equal(false);
      });
      expect((await running.predict(manifest.golden.rows)).status).to.equal(200);
      const rows = sampleOf(await running.metrics(), 'serving_shadow_rows_total', labels);
      expect(rows).to.equal(manifest.golden.rows.length);
      expect(running.log.errors).to.deep.equal([]);
    });
  }
});
