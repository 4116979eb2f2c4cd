import { expect } from 'chai';
import type { RequestErrorCode } from '../../src/errors.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { eventually } from '../support/eventually.js';
import type { HttpAnswer } from '../support/http-request.js';
import { sampleOf, samplesIn } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { editPackage } from '../support/package-folders.js';
import { awayFromThePoll } from '../support/poll-clock.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';
import { deliveryHeaders, type DeliveryOptions } from '../support/webhook-delivery.js';

const ADMIN_TOKEN = 'an-admin-token-of-tests';
const SECRET = 'a-webhook-secret-of-tests';
const MODEL = { model: 'small-tensor', alias: 'champion' };

describe('the management port', () => {
  let packages: RealPackages;
  let registry: FakeRegistry;
  let running: TierUnderTest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  beforeEach(async () => {
    registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    running = await TierUnderTest.startReady(registry, { ADMIN_TOKEN, MLFLOW_WEBHOOK_SECRET: SECRET });
  });

  afterEach(() => running.stop());

  function expectRefusal(answer: HttpAnswer, status: number, code: RequestErrorCode): void {
    expect(answer.status, answer.text).to.equal(status);
    expect(problemIn(answer).code).to.equal(code);
  }

  /** How often the registry was asked, where no poll comes while a test counts. */
  async function looks(): Promise<number> {
    await awayFromThePoll(5);
    return registry.count('getModelVersionByAlias');
  }

  function reload(authorization = `Bearer ${ADMIN_TOKEN}`): Promise<HttpAnswer> {
    return running.manage('/admin/reload', { method: 'POST', headers: { authorization } });
  }

  describe('/status', () => {
    it('says what is served, from where, and since when', async () => {
      const { available, servables, ...status } = await running.status();
      expect(status).to.deep.include({
        model_name: 'small-tensor',
        alias: 'champion',
        ready: true,
        serving_from: 'registry',
        last_failure: null,
      });
      const { checked_at: checkedAt, ...registryView } = status.registry;
      expect(registryView).to.deep.equal({ reachable: true, aliased_version: '1', error: null });
      expect(Date.parse(checkedAt!)).to.be.closeTo(Date.now(), 60_000);
      expect(available).to.include({ version: '1', digest: packages.tensorA.digest });
      expect(Date.parse(available!.since)).to.be.closeTo(Date.now(), 60_000);
      expect(servables).to.deep.equal([
        {
          version: '1',
          digest: packages.tensorA.digest,
          state: 'available',
          since: available!.since,
          in_flight: 0,
        },
      ]);
    });

    it('says why the promoted version is not served, and when it is tried again', async () => {
      const broken = editPackage(packages.tensorB, {
        manifest: (draft) => (draft.golden.outputs['score']![0] = 0.999),
      });
      registry.promote(broken);
      await reload();
      const failure = await eventually(async () => {
        const status = await running.status();
        expect(status.last_failure).not.to.equal(null);
        return status.last_failure!;
      });
      expect(failure).to.include({
        version: '2',
        digest: broken.digest,
        code: 'GOLDEN_MISMATCH',
        failures: 1,
      });
      expect(failure.message).to.include('golden row 0');
      expect(Date.parse(failure.retry_at) - Date.parse(failure.at)).to.equal(60_000);
      const status = await running.status();
      expect(status.available?.version, 'the champion stays').to.equal('1');
      expect(status.ready).to.equal(true);
      expect(status.registry.aliased_version).to.equal('2');
      const metrics = await running.metrics();
      expect(
        sampleOf(metrics, 'serving_model_load_failures_total', { ...MODEL, reason: 'GOLDEN_MISMATCH' }),
      ).to.equal(1);
      expect(running.log.errors.map((line) => [line['code'], line['version']])).to.deep.equal([
        ['GOLDEN_MISMATCH', '2'],
      ]);
    });

    it('says that the registry is down while the champion goes on', async () => {
      registry.reachable = false;
      await reload();
      await eventually(async () => {
        expect((await running.status()).registry).to.include({ reachable: false, aliased_version: '1' });
      });
      const status = await running.status();
      expect(status).to.include({ ready: true, serving_from: 'registry' });
      expect(status.registry.error).to.include('ECONNREFUSED');
      expect((await running.predict([[1, 1, 1]])).status).to.equal(200);
      expect(sampleOf(await running.metrics(), 'serving_registry_reachable', MODEL)).to.equal(0);
    });
  });

  describe('/metrics', () => {
    it('tells what is loaded and what was answered, by the version that answered', async () => {
      await running.predict([
        [1, 1, 1],
        [2, 2, 1],
      ]);
      await running.predict([[1, 1, 1]]);
      await running.predict(['x']);
      const answer = await running.manage('/metrics');
      expect(answer.headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/);
      const version = { ...MODEL, model_version: '1' };
      const expected: readonly (readonly [string, Record<string, string>, number])[] = [
        ['serving_model_info', { ...version, digest: packages.tensorA.digest }, 1],
        ['serving_model_swaps_total', MODEL, 1],
        ['serving_model_load_duration_seconds_count', MODEL, 1],
        ['serving_registry_reachable', MODEL, 1],
        ['serving_prediction_rows_total', version, 3],
        ['serving_prediction_duration_seconds_count', version, 2],
        ['serving_requests_total', { route: '/predict', status: '200', code: 'ok' }, 2],
        ['serving_requests_total', { route: '/predict', status: '422', code: 'SIGNATURE_MISMATCH' }, 1],
      ];
      for (const [name, labels, value] of expected) {
        expect(sampleOf(answer.text, name, labels), name).to.equal(value);
      }
      expect(sampleOf(answer.text, 'serving_model_loaded_timestamp_seconds', MODEL)).to.be.closeTo(
        Date.now() / 1_000,
        60,
      );
    });

    it('names every family of its own in the same way, with help', async () => {
      const text = await running.metrics();
      const own = [...new Set(samplesIn(text).map(({ name }) => name))].filter((name) =>
        name.startsWith('serving_'),
      );
      expect(own).not.to.be.empty;
      for (const name of own) {
        const family = name.replace(/_(bucket|sum|count)$/, '');
        expect(family).to.match(/^serving_[a-z]+(_[a-z]+)*$/);
        expect(text).to.match(new RegExp(`^# HELP ${family} .{10,}$`, 'm'));
      }
    });
  });

  describe('/admin/reload', () => {
    const wrong = [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${ADMIN_TOKEN}x`,
      `Bearer ${ADMIN_TOKEN.slice(1)}`,
      `Basic ${ADMIN_TOKEN}`,
      ADMIN_TOKEN,
    ];
    for (const authorization of wrong) {
      it(`refuses the authorization "${authorization}"`, async () => {
        const before = await looks();
        expectRefusal(await reload(authorization), 401, 'UNAUTHORIZED');
        expect(registry.count('getModelVersionByAlias')).to.equal(before);
      });
    }

    it('looks at the alias at once', async () => {
      registry.promote(packages.tensorB);
      const answer = await reload();
      expect([answer.status, answer.json]).to.deep.equal([202, { status: 'accepted' }]);
      await running.serves('2');
    });

    it('tries a version again that is known to be bad', async () => {
      const source = packages.tensorB;
      registry.promote(editPackage(source, { files: { 'model.onnx': 'no graph' } }));
      await reload();
      await eventually(async () => {
        expect((await running.status()).last_failure?.failures).to.equal(1);
      });
      await reload();
      await eventually(() => {
        expect(running.log.errors.map((line) => line['code'])).to.deep.equal([
          'GRAPH_LOAD_FAILED',
          'GRAPH_LOAD_FAILED',
        ]);
      });
    });

    it('is off without a token of its own, whatever a caller sends', async () => {
      const off = await TierUnderTest.start(registry);
      try {
        for (const authorization of ['', 'Bearer undefined', `Bearer ${ADMIN_TOKEN}`]) {
          const answer = await off.manage('/admin/reload', { method: 'POST', headers: { authorization } });
          expectRefusal(answer, 503, 'FEATURE_DISABLED');
        }
      } finally {
        await off.stop();
      }
    });

    it('takes POST alone', async () => {
      const answer = await running.manage('/admin/reload');
      expectRefusal(answer, 405, 'METHOD_NOT_ALLOWED');
      expect(answer.headers.allow).to.equal('POST');
    });
  });

  describe('/webhooks/mlflow', () => {
    const body = JSON.stringify({
      entity: 'model_version_alias',
      action: 'created',
      data: { name: 'small-tensor', alias: 'champion', version: '2' },
    });

    function deliver(
      options: Partial<DeliveryOptions> = {},
      sent: string | Buffer = body,
    ): Promise<HttpAnswer> {
      const headers = {
        'content-type': 'application/json',
        ...deliveryHeaders({ secret: SECRET, body, ...options }),
      };
      return running.manage('/webhooks/mlflow', { method: 'POST', body: sent, headers });
    }

    it('hurries a promotion that polling would find much later', async () => {
      await awayFromThePoll(15);
      const version = registry.promote(packages.tensorB);
      expect((await running.status()).available?.version).to.equal('1');
      const answer = await deliver();
      expect([answer.status, answer.json]).to.deep.equal([202, { status: 'accepted' }]);
      await running.serves(version, 14_000);
    });

    it('believes the registry, not the delivery', async () => {
      const before = await looks();
      await deliver();
      await eventually(() => {
        expect(registry.count('getModelVersionByAlias')).to.equal(before + 1);
      });
      expect((await running.status()).available?.version).to.equal('1');
    });

    const refused: Record<string, () => Promise<HttpAnswer>> = {
      'a wrong signature': () => deliver({ secret: `${SECRET}!` }),
      'a body that was changed': () => deliver({}, body.replace('2', '3')),
      'a delivery of yesterday': () => deliver({ timestamp: Math.floor(Date.now() / 1_000) - 86_400 }),
      'no signature at all': () => running.manage('/webhooks/mlflow', { method: 'POST', body }),
      'no body and no headers': () => running.manage('/webhooks/mlflow', { method: 'POST' }),
    };
    for (const [what, send] of Object.entries(refused)) {
      it(`refuses ${what}, and does not look`, async () => {
        const before = await looks();
        expectRefusal(await send(), 401, 'UNAUTHORIZED');
        expect(registry.count('getModelVersionByAlias')).to.equal(before);
      });
    }

    it('refuses a replay', async () => {
      const delivery = { id: 'delivery-1' };
      expect((await deliver(delivery)).status).to.equal(202);
      expectRefusal(await deliver(delivery), 409, 'REPLAYED_WEBHOOK');
    });

    it('refuses a body that no webhook has', async () => {
      const huge = 'x'.repeat(300_000);
      expectRefusal(await deliver({ body: huge }, huge), 413, 'BODY_TOO_LARGE');
    });

    it('refuses what is encoded, without a fault of its own', async () => {
      for (const encoding of ['gzip', 'x-unknown']) {
        const headers = { ...deliveryHeaders({ secret: SECRET, body }), 'content-encoding': encoding };
        const answer = await running.manage('/webhooks/mlflow', { method: 'POST', body, headers });
        expectRefusal(answer, 415, 'UNSUPPORTED_MEDIA_TYPE');
      }
      expect(running.log.errors).to.deep.equal([]);
    });

    it('is off without a secret of its own, whatever a caller sends', async () => {
      const off = await TierUnderTest.start(registry);
      try {
        const headers = deliveryHeaders({ secret: '', body });
        const answer = await off.manage('/webhooks/mlflow', { method: 'POST', body, headers });
        expectRefusal(answer, 503, 'FEATURE_DISABLED');
      } finally {
        await off.stop();
      }
    });
  });

  it('is not on the public port', async () => {
    for (const path of ['/status', '/metrics', '/admin/reload', '/webhooks/mlflow']) {
      expect((await running.request(path)).status, path).to.equal(404);
    }
  });
});

describe('a start', () => {
  let packages: RealPackages;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  it('without the registry serves the last known good version, and says so', async () => {
    const registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    const first = await TierUnderTest.startReady(registry);
    await first.predict([[1, 1, 1]]);
    await first.stop();

    registry.reachable = false;
    const second = await TierUnderTest.startReady(registry, { ARTIFACT_CACHE_DIR: first.cacheDirectory });
    try {
      expect(await second.status()).to.deep.include({ serving_from: 'last_known_good', ready: true });
      const answer = await second.predict([[1, 1, 1]]);
      expect([answer.status, answer.headers['x-model-version']]).to.deep.equal([200, '1']);
    } finally {
      await second.stop();
    }
  });

  it('without the registry and without a cache is alive, and becomes ready when the registry comes', async () => {
    const registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    registry.reachable = false;
    const running = await TierUnderTest.start(registry, { POLL_INTERVAL_SECONDS: '1' });
    try {
      expect((await running.request('/health/live')).status).to.equal(200);
      expect(await running.status()).to.deep.include({ serving_from: 'nothing', ready: false });
      registry.reachable = true;
      await running.serves('1');
      expect((await running.request('/health/ready')).status).to.equal(200);
    } finally {
      await running.stop();
    }
  });

  it('is not ready before every model is available', async () => {
    const registry = new FakeRegistry();
    registry.promote(packages.tensorA);
    const running = await TierUnderTest.start(registry, {
      MODELS: 'small-tensor@champion,small-columns@champion',
      ADMIN_TOKEN,
    });
    try {
      await running.serves('1');
      expect((await running.request('/health/ready')).status).to.equal(503);
      registry.promote(packages.columnsStrings);
      await running.manage('/admin/reload', {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      });
      await eventually(async () => {
        expect((await running.request('/health/ready')).status).to.equal(200);
      });
    } finally {
      await running.stop();
    }
  });
});
