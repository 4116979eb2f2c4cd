import { expect } from 'chai';
import type { StatusReport } from '../../../src/api/status-report.js';
import {
  quarantineTag,
  TRAFFIC_POLICY_TAG,
  writeQuarantine,
  writeTrafficPolicy,
  type TrafficPolicyDocument,
} from '../../../src/registry/traffic-tags.js';
import { eventually } from '../../support/eventually.js';
import type { RegisteredVersion } from '../../support/model-registrar.js';
import { useRealRegistry } from '../../support/real-registry.js';
import { TierUnderTest } from '../../support/tier-under-test.js';

const ADMIN_TOKEN = 'an-admin-token-of-tests';
const AUTHORIZED = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };

describe('live traffic, with a real MLflow', function () {
  this.timeout(180_000);

  const real = useRealRegistry();
  const MODEL = 'live-traffic.model';
  let champion: RegisteredVersion;
  let canary: RegisteredVersion;
  let running: TierUnderTest;

  before(async () => {
    champion = await real.register(MODEL, 'tensorA', { alias: 'champion' });
    canary = await real.register(MODEL, 'tensorB');
    running = await TierUnderTest.startReady(undefined, {
      MODEL_NAME: MODEL,
      MLFLOW_TRACKING_URI: real.trackingUri,
      POLL_INTERVAL_SECONDS: '1',
      ADMIN_TOKEN,
    });
  });

  after(() => running.stop());

  async function traffic(): Promise<StatusReport['traffic']> {
    return ((await running.status()) as unknown as StatusReport).traffic;
  }

  async function answeredBy(): Promise<unknown> {
    return (await running.predict([[40, 1, 0.25]])).headers['x-model-version'];
  }

  function answersFrom({ version }: RegisteredVersion): Promise<void> {
    return eventually(async () => {
      expect(await answeredBy(), (await traffic()).problem ?? '').to.equal(version);
    });
  }

  function put(policy: TrafficPolicyDocument) {
    return running.manage('/admin/traffic', {
      method: 'PUT',
      headers: AUTHORIZED,
      body: JSON.stringify(policy),
    });
  }

  it('follows the tag by polling alone, there and back', async () => {
    const policy = writeTrafficPolicy({ canary: { version: canary.version, percent: 100 } });
    await real.registry.setRegisteredModelTag(MODEL, TRAFFIC_POLICY_TAG, policy);
    await answersFrom(canary);
    await real.registry.deleteRegisteredModelTag(MODEL, TRAFFIC_POLICY_TAG);
    await answersFrom(champion);
  });

  it('writes the tag where it is asked to, and deletes it', async () => {
    const policy = { canary: { version: canary.version, percent: 100 } };
    expect((await put(policy)).status).to.equal(202);
    await answersFrom(canary);
    expect((await real.registry.getRegisteredModel(MODEL)).tags.get(TRAFFIC_POLICY_TAG)).to.equal(
      writeTrafficPolicy(policy),
    );
    const removed = await running.manage('/admin/traffic', { method: 'DELETE', headers: AUTHORIZED });
    expect(removed.status, removed.text).to.equal(202);
    await answersFrom(champion);
    expect((await put({ canary: { version: '99', percent: 100 } })).json).to.include({
      code: 'INVALID_REQUEST',
    });
  });

  it('gives nothing to bytes in quarantine, under another number either', async () => {
    const again = await real.register(MODEL, 'tensorB');
    await real.registry.setRegisteredModelTag(
      MODEL,
      quarantineTag(canary.digest),
      writeQuarantine({
        ...canary,
        at: new Date().toISOString(),
        by: 'rollout',
        reason: 'it throws',
        cause: 'errors',
      }),
    );
    const policy = writeTrafficPolicy({ canary: { version: again.version, percent: 100 } });
    await real.registry.setRegisteredModelTag(MODEL, TRAFFIC_POLICY_TAG, policy);
    await eventually(async () => {
      expect((await traffic()).problem).to.equal(
        `canary: version ${again.version} is quarantined for errors: it throws`,
      );
    });
    expect(await answeredBy()).to.equal(champion.version);
    await real.registry.deleteRegisteredModelTag(MODEL, quarantineTag(canary.digest));
    await answersFrom(again);
  });

  it('keeps what is in force while MLflow is down', async () => {
    await put({ canary: { version: canary.version, percent: 100 } });
    await answersFrom(canary);
    await real.server.kill();
    await eventually(async () => {
      expect((await running.status()).registry.reachable).to.equal(false);
    });
    expect(await answeredBy()).to.equal(canary.version);
    await real.server.ensureRunning();
  });
});
