import { expect } from 'chai';
import { TRAFFIC_POLICY_TAG, writeTrafficPolicy } from '../../src/registry/traffic-tags.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { eventually } from '../support/eventually.js';
import { sampleOf } from '../support/metric-samples.js';
import { realPackages } from '../support/model-packages.js';
import { PROCESS_TIMEOUT_MS, ReplicaProcess } from '../support/replica-process.js';

const KEYS = Array.from({ length: 40 }, (_, i) => `applicant-${i}`);

describe('live traffic of several processes', function () {
  this.timeout(3 * PROCESS_TIMEOUT_MS);

  let registry: FakeRegistry;
  const replicas: ReplicaProcess[] = [];

  before(async () => {
    const { tensorA, tensorB } = await realPackages();
    registry = new FakeRegistry();
    registry.promote(tensorA);
    registry.register(tensorB);
    const starting = [
      ReplicaProcess.startReady(registry, { POLL_INTERVAL_SECONDS: '1' }),
      ReplicaProcess.startReady(registry, { POLL_INTERVAL_SECONDS: '1', WORKERS: '1' }),
    ];
    replicas.push(...(await Promise.all(starting)));
  });

  after(() => Promise.all(replicas.map((replica) => replica.dispose())));

  function inForce(percent: number | undefined): Promise<void> {
    return eventually(async () => {
      for (const replica of replicas) {
        const { traffic } = await replica.status();
        expect(traffic.canary?.percent, traffic.problem ?? '').to.equal(percent);
        if (percent !== undefined) expect(traffic.canary?.available, traffic.problem ?? '').to.equal(true);
        expect(traffic.problem).to.equal(null);
      }
    }, PROCESS_TIMEOUT_MS);
  }

  /** Keys that the canary answers, each asked for on connections of its own, and so in whichever worker. */
  async function canaryKeys(replica: ReplicaProcess): Promise<string[]> {
    const keys: string[] = [];
    for (const key of KEYS) {
      const headers = { 'content-type': 'application/json', 'x-traffic-key': key };
      const answers = await Promise.all([1, 2, 3].map(() => replica.predict([[40, 1, 0.25]], { headers })));
      const versions = new Set(answers.map((answer) => answer.headers['x-model-version']));
      expect(versions.size, `${key} is answered by one version`).to.equal(1);
      if (versions.has('2')) keys.push(key);
    }
    return keys;
  }

  it('gives a key to the same side on every replica and in every worker', async () => {
    registry
      .modelTagsOf('small-tensor')
      .set(TRAFFIC_POLICY_TAG, writeTrafficPolicy({ canary: { version: '2', percent: 50 } }));
    await inForce(50);
    const [one, other] = replicas.map(canaryKeys);
    expect(await one).to.deep.equal(await other);
    expect((await one)!.length).to.be.within(8, 32);
    const text = await replicas[0]!.metrics();
    expect(sampleOf(text, 'serving_traffic_share', { role: 'canary' })).to.equal(0.5);
    expect(sampleOf(text, 'serving_traffic_share', { role: 'champion' })).to.equal(0.5);
    expect(sampleOf(text, 'serving_role_available', { role: 'canary' })).to.equal(1);
  });
});
