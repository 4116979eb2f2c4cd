import { Agent } from 'node:http';
import { expect } from 'chai';
import type { ModelPackage } from '../../src/model-package/manifest.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { expectGolden } from '../support/golden-answers.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { TierUnderTest, type Predictions } from '../support/tier-under-test.js';

function byName({ manifest }: ModelPackage): Record<string, unknown>[] {
  return manifest.golden.rows.map((row) =>
    Object.fromEntries(manifest.features.map(({ name }, column) => [name, row[column]])),
  );
}

describe('POST /predict', () => {
  let packages: RealPackages;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    packages = await realPackages();
  });

  for (const name of ['tensorA', 'columnsStrings'] as const) {
    describe(`of a model with ${name === 'tensorA' ? 'one tensor' : 'columns and strings'}`, () => {
      let modelPackage: ModelPackage;
      let running: TierUnderTest;

      before(async () => {
        modelPackage = packages[name];
        const registry = new FakeRegistry();
        registry.promote(modelPackage);
        running = await TierUnderTest.startReady(registry, { MODEL_NAME: modelPackage.manifest.model_name });
      });

      after(() => running.stop());

      it('answers rows by position as the training side did', async () => {
        const answer = await running.predict(modelPackage.manifest.golden.rows);
        expect(answer.status, answer.text).to.equal(200);
        expectGolden((answer.json as Predictions).predictions, modelPackage.manifest);
      });

      it('answers rows by name as the training side did', async () => {
        const answer = await running.predict(byName(modelPackage));
        expectGolden((answer.json as Predictions).predictions, modelPackage.manifest);
      });

      it('answers a row alone as it does in company', async () => {
        const { rows } = modelPackage.manifest.golden;
        const answers = await Promise.all(rows.map((row) => running.predict([row])));
        const predictions = answers.map((answer) => (answer.json as Predictions).predictions[0]!);
        expectGolden(predictions, modelPackage.manifest);
      });

      it('names model, version, digest and request', async () => {
        const answer = await running.predict(modelPackage.manifest.golden.rows.slice(0, 1), {
          headers: { 'x-request-id': 'client-7' },
        });
        expect(answer.headers).to.include({
          'content-type': 'application/json',
          'x-model-version': '1',
          'x-model-digest': modelPackage.digest,
          'x-request-id': 'client-7',
        });
        expect(answer.json).to.include({
          model_name: modelPackage.manifest.model_name,
          model_version: '1',
          request_id: 'client-7',
        });
      });
    });
  }

  describe('of any model', () => {
    let running: TierUnderTest;
    let rows: ModelPackage['manifest']['golden']['rows'];

    before(async () => {
      const registry = new FakeRegistry();
      registry.promote(packages.tensorA);
      ({ rows } = packages.tensorA.manifest.golden);
      running = await TierUnderTest.startReady(registry);
    });

    after(() => running.stop());

    it('makes a request id of its own where the client has none that is harmless', async () => {
      const ids = [undefined, 'two words', 'x'.repeat(200), '"', 'a;b'];
      for (const id of ids) {
        const headers: Record<string, string> = id === undefined ? {} : { 'x-request-id': id };
        const answer = await running.predict(rows.slice(0, 1), { headers });
        expect(answer.headers['x-request-id']).to.match(/^[0-9a-f-]{36}$/);
        expect((answer.json as Predictions).request_id).to.equal(answer.headers['x-request-id']);
      }
    });

    it('gives each of many requests at once its own answer', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 32 });
      try {
        const { outputs } = packages.tensorA.manifest.golden;
        const picks = Array.from({ length: 300 }, (_, i) => i % rows.length);
        const answers = await Promise.all(picks.map((row) => running.predict([rows[row]], { agent })));
        answers.forEach((answer, i) => {
          const [prediction] = (answer.json as Predictions).predictions;
          expect(prediction?.['score'])
            .to.be.a('number')
            .closeTo(outputs['score']![picks[i]!] as number, 1e-5);
        });
      } finally {
        agent.destroy();
      }
    });

    it('mixes large requests and small ones', async () => {
      const large = Array.from({ length: 600 }, (_, i) => rows[i % rows.length]);
      const [many, one] = await Promise.all([running.predict(large), running.predict([rows[0]])]);
      expect((many.json as Predictions).predictions).to.have.length(600);
      expect((many.json as Predictions).predictions[0]).to.deep.equal(
        (one.json as Predictions).predictions[0],
      );
    });

    it('takes a query, JSON with a charset, and other members beside instances', async () => {
      const answer = await running.request('/predict?trace=1', {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({ instances: [rows[0]], comment: 'hello' }),
      });
      expect(answer.status, answer.text).to.equal(200);
    });

    it('logs no error while it is healthy, and never a value', async () => {
      await running.predict([[4_111.125, 1, 0.5]]);
      await running.predict([['secret-4111', 1, 0.5]]);
      expect(running.log.errors).to.deep.equal([]);
      expect(running.log.text).not.to.include('4111');
    });
  });
});
