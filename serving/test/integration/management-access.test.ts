import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { httpRequest, type HttpAnswer } from '../support/http-request.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';

const ADMIN_TOKEN = 'an-admin-token-of-tests';

/** An address under which this machine is asked as if from another one. */
const OUTSIDE = Object.values(networkInterfaces())
  .flat()
  .find((network) => network?.family === 'IPv4' && !network.internal)?.address;

describe('the management port', () => {
  let running: TierUnderTest | undefined;

  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  async function start(env: Readonly<Record<string, string>> = {}): Promise<TierUnderTest> {
    running = await TierUnderTest.start(new FakeRegistry(), { ADMIN_TOKEN, ...env });
    return running;
  }

  function expectForbidden(answer: HttpAnswer): void {
    expect(answer.status, answer.text).to.equal(403);
    expect(problemIn(answer).code).to.equal('FORBIDDEN');
    expect(answer.headers).to.include({ 'x-model-version': 'none', 'x-model-digest': 'none' });
  }

  it('answers this machine by its own name and by address, and no page that got hold of the address', async () => {
    const tier = await start();
    for (const host of ['localhost:8082', '127.0.0.1:8082', '[::1]:8082']) {
      expect((await tier.manage('/status', { headers: { host } })).status, host).to.equal(200);
    }
    for (const path of ['/', '/status', '/metrics', '/drift', '/nowhere']) {
      expectForbidden(await tier.manage(path, { headers: { host: 'evil.example:8082' } }));
    }
  });

  it('answers under the names that it is told', async () => {
    const tier = await start({ MANAGEMENT_NAMES: 'serving.example' });
    expect((await tier.manage('/status', { headers: { host: 'serving.example' } })).status).to.equal(200);
  });

  describe('from another machine', () => {
    before(function () {
      if (OUTSIDE !== undefined) return;
      console.log('    skipped: this machine has no address but the loopback one');
      this.skip();
    });

    function ask(path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
      return httpRequest({ host: OUTSIDE!, port: running!.tier.managementPort, path, ...options });
    }

    it('is closed, but for health and for what asks for a credential itself', async () => {
      await start({ MANAGEMENT_HOST: '0.0.0.0' });
      for (const path of ['/', '/status', '/metrics', '/drift', '/nowhere']) expectForbidden(await ask(path));
      expect((await ask('/health/live')).status).to.equal(200);
      expect((await ask('/health/ready')).status).to.equal(503);
      const reload = { method: 'POST', headers: { authorization: `Bearer ${ADMIN_TOKEN}` } };
      expect((await ask('/admin/reload', reload)).status).to.equal(202);
      const guess = { method: 'POST', headers: { authorization: 'Bearer a-guess' } };
      const refusal = await ask('/admin/reload', guess);
      expect(refusal.status).to.equal(401);
      expect(refusal.headers['www-authenticate']).to.equal('Bearer realm="model-serving"');
      expect(problemIn(await ask('/webhooks/mlflow', { method: 'POST' })).code).to.equal('FEATURE_DISABLED');
    });

    it('can be opened for metrics alone', async () => {
      await start({ MANAGEMENT_HOST: '0.0.0.0', METRICS_ALLOW: `${OUTSIDE!}/32` });
      expect((await ask('/metrics')).status).to.equal(200);
      expectForbidden(await ask('/status'));
    });

    it('can be opened', async () => {
      await start({ MANAGEMENT_HOST: '0.0.0.0', MANAGEMENT_ALLOW: `127.0.0.1,${OUTSIDE!}` });
      for (const path of ['/status', '/metrics', '/drift']) expect((await ask(path)).status).to.equal(200);
    });
  });
});
