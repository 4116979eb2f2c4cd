import { join } from 'node:path';
import { expect } from 'chai';
import { emptyQueries, readDashboards } from '../../../local/monitoring/dashboard-queries.js';
import { PrometheusClient } from '../../../src/prometheus/prometheus-client.js';
import {
  quarantineTag,
  TRAFFIC_POLICY_TAG,
  writeQuarantine,
  writeTrafficPolicy,
} from '../../../src/registry/traffic-tags.js';
import { FakeRegistry } from '../../fakes/fake-registry.js';
import { eventually } from '../../support/eventually.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../../support/model-packages.js';
import { PrometheusUnderTest } from '../../support/prometheus-under-test.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const DASHBOARDS = join(import.meta.dirname, '..', '..', '..', '..', 'monitoring', 'dashboards', 'generated');
const PATIENCE_MS = 60_000;

describe('the dashboard of live traffic', function () {
  this.timeout(PATIENCE_MS + 15_000);
  let tier: TierUnderTest;
  let prometheus: PrometheusUnderTest;
  let api: PrometheusClient;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS + PATIENCE_MS);
    if (!PrometheusUnderTest.isInstalled()) this.skip();
    tier = await TierUnderTest.startReady(shared(await realPackages()));
    prometheus = await PrometheusUnderTest.scraping(`127.0.0.1:${tier.tier.managementPort}`, {
      namespace: 'local',
    });
    api = new PrometheusClient(prometheus.url);
  });

  after(async () => {
    await (prometheus as PrometheusUnderTest | undefined)?.stop();
    await (tier as TierUnderTest | undefined)?.stop();
  });

  /** A canary with half of the traffic, a shadow that sees the rest, a standby, and bytes that may not answer. */
  function shared({ tensorA, tensorB }: RealPackages): FakeRegistry {
    const registry = new FakeRegistry();
    registry.promote(tensorA);
    const [canary, other] = [registry.register(tensorA), registry.register(tensorB)];
    const tags = registry.modelTagsOf(tensorA.manifest.model_name);
    tags.set(
      TRAFFIC_POLICY_TAG,
      writeTrafficPolicy({
        canary: { version: canary, percent: 50 },
        shadow: { version: other, percent: 100 },
        standby: { version: other },
      }),
    );
    const digest = `sha256:${'0'.repeat(64)}`;
    const at = new Date().toISOString();
    tags.set(
      quarantineTag(digest),
      writeQuarantine({ version: '9', digest, at, by: 'test', reason: 'to be seen', cause: 'manual' }),
    );
    return registry;
  }

  it('has no empty panel while a canary, a shadow and a standby are there, by the metrics of a tier alone', async () => {
    const [dashboard] = readDashboards(DASHBOARDS).filter(({ uid }) => uid === 'live-traffic');
    expect(dashboard).to.not.equal(undefined);
    const start = Date.now() / 1_000;
    await eventually(async () => {
      for (let i = 0; i < 20; i += 1) await tier.predict([[i, i, 1]]);
      const range = { start, end: Date.now() / 1_000, step: 1 };
      const empty = await emptyQueries(api, [dashboard!], range, 1);
      expect(empty.map(({ panel, expr }) => `${panel}: ${expr}`)).to.deep.equal([]);
    }, PATIENCE_MS);
  });
});
