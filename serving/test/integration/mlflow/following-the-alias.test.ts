import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { LoadErrorCode } from '../../../src/errors.js';
import { eventually } from '../../support/eventually.js';
import { expectGolden } from '../../support/golden-answers.js';
import { sampleOf } from '../../support/metric-samples.js';
import type { Break, RegisteredVersion } from '../../support/model-registrar.js';
import { awayFromThePoll } from '../../support/poll-clock.js';
import { useRealRegistry } from '../../support/real-registry.js';
import { TierUnderTest, type Predictions } from '../../support/tier-under-test.js';

const SECRET = 'a-webhook-secret-of-tests';
const ADMIN_TOKEN = 'an-admin-token-of-tests';
const ROW = [40, 1, 0.25];

describe('a tier, with a real MLflow', function () {
  this.timeout(120_000);

  const real = useRealRegistry();
  const MODEL = 'served';
  let running: TierUnderTest;
  let champion: RegisteredVersion;

  before(async () => {
    champion = await real.register(MODEL, 'tensorA', { alias: 'champion' });
  });

  beforeEach(async () => {
    await real.registry.setRegisteredModelAlias(MODEL, 'champion', champion.version);
    running = await TierUnderTest.startReady(undefined, {
      MLFLOW_TRACKING_URI: real.trackingUri,
      MODEL_NAME: MODEL,
      MLFLOW_WEBHOOK_SECRET: SECRET,
      ADMIN_TOKEN,
    });
  });

  afterEach(() => running.stop());

  async function reload(): Promise<void> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    await running.manage('/admin/reload', { method: 'POST', headers });
  }

  it('serves what the training side registered, and answers as it did', async () => {
    const answer = await running.predict(real.packages.tensorA.manifest.golden.rows);
    expectGolden((answer.json as Predictions).predictions, real.packages.tensorA.manifest);
    expect(answer.headers).to.include({
      'x-model-version': champion.version,
      'x-model-digest': champion.digest,
    });
  });

  it('is hurried by the webhook that MLflow sends when the alias moves', async () => {
    const created = await real.post('/webhooks', {
      name: 'serving',
      url: `http://127.0.0.1:${running.tier.managementPort}/webhooks/mlflow`,
      events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }],
      secret: SECRET,
    });
    expect(created.status, created.text).to.equal(200);
    const successor = await real.register(MODEL, 'tensorB');
    await awayFromThePoll(15);
    await real.registry.setRegisteredModelAlias(MODEL, 'champion', successor.version);
    await running.serves(successor.version, 14_000);
    expect(running.log.errors).to.deep.equal([]);
  });

  it('does not believe a webhook that is signed with another secret', async () => {
    let answered: number | undefined;
    // In between, so that the answer to MLflow is seen.
    const between: Server = createServer((incoming, outgoing) => {
      void text(incoming).then(async (body) => {
        const headers = Object.fromEntries(
          Object.entries(incoming.headers).flatMap(([key, value]) =>
            typeof value === 'string' ? [[key, value]] : [],
          ),
        );
        const answer = await running.manage('/webhooks/mlflow', { method: 'POST', body, headers });
        answered = answer.status;
        outgoing.writeHead(200).end();
      });
    });
    await once(between.listen(0, '127.0.0.1'), 'listening');
    try {
      await real.post('/webhooks', {
        name: 'impostor',
        url: `http://127.0.0.1:${(between.address() as AddressInfo).port}/`,
        events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }],
        secret: 'another-secret-of-tests',
      });
      await real.registry.setRegisteredModelAlias(MODEL, 'challenger', champion.version);
      await eventually(() => {
        expect(answered).to.equal(401);
      });
    } finally {
      between.closeAllConnections();
      await new Promise((resolve) => between.close(resolve));
    }
  });

  const breaks: readonly (readonly [Break, LoadErrorCode])[] = [
    ['truncated-onnx', 'GRAPH_LOAD_FAILED'],
    ['wrong-digest', 'DIGEST_MISMATCH'],
    ['contract', 'CONTRACT_VIOLATION'],
    ['golden', 'GOLDEN_MISMATCH'],
  ];
  for (const [how, code] of breaks) {
    it(`keeps the champion when the promoted package is broken (${how}), and says ${code}`, async () => {
      const broken = await real.register(MODEL, 'tensorB', { alias: 'champion', break: how });
      await reload();
      await eventually(async () => {
        expect((await running.status()).last_failure).to.include({ version: broken.version, code });
      });
      const status = await running.status();
      expect(status.available?.version).to.equal(champion.version);
      expect(status).to.include({ ready: true, serving_from: 'registry' });
      expect(status.registry.aliased_version).to.equal(broken.version);
      const labels = { model: MODEL, reason: code };
      expect(sampleOf(await running.metrics(), 'serving_model_load_failures_total', labels)).to.equal(1);
      const answer = await running.predict([ROW]);
      expect([answer.status, answer.headers['x-model-version']]).to.deep.equal([200, champion.version]);
    });
  }
});
