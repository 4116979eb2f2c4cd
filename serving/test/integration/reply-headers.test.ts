import { expect } from 'chai';
import { FakeRegistry } from '../fakes/fake-registry.js';
import type { HttpAnswer } from '../support/http-request.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../support/model-packages.js';
import { TierUnderTest } from '../support/tier-under-test.js';

describe('the headers of every reply', () => {
  let running: TierUnderTest;
  let digest: string;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA } = await realPackages();
    ({ digest } = tensorA);
    const registry = new FakeRegistry();
    registry.promote(tensorA);
    running = await TierUnderTest.startReady(registry);
  });

  after(() => running.stop());

  const headers = { 'x-request-id': 'client-7' };
  const replies: Record<string, (tier: TierUnderTest) => Promise<HttpAnswer>> = {
    'a prediction': (tier) => tier.predict([[1, 1, 1]], { headers }),
    'a refusal': (tier) => tier.predict(['x'], { headers }),
    'a wrong method': (tier) => tier.request('/predict', { headers }),
    'a path that is not there': (tier) => tier.request('/nowhere', { headers }),
    liveness: (tier) => tier.request('/health/live', { headers }),
    readiness: (tier) => tier.request('/health/ready', { headers }),
    status: (tier) => tier.manage('/status', { headers }),
    metrics: (tier) => tier.manage('/metrics', { headers }),
    'an admin route that is off': (tier) => tier.manage('/admin/reload', { method: 'POST', headers }),
    'a webhook that is off': (tier) => tier.manage('/webhooks/mlflow', { method: 'POST', headers }),
    'a management path that is not there': (tier) => tier.manage('/nowhere', { headers }),
  };
  for (const [what, ask] of Object.entries(replies)) {
    it(`name version, digest and request: ${what}`, async () => {
      const answer = await ask(running);
      expect(answer.headers).to.include({
        'x-model-version': '1',
        'x-model-digest': digest,
        'x-request-id': 'client-7',
      });
      expect(answer.headers, 'nothing about what is behind').not.to.have.any.keys('x-powered-by', 'server');
    });
  }
});
