import { expect } from 'chai';
import type { Manifest } from '../../src/model-package/manifest.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { PACKAGES_TIMEOUT_MS, realPackages, type RealPackages } from '../support/model-packages.js';
import { problemIn, TierUnderTest, type Predictions } from '../support/tier-under-test.js';

const ROWS = 6_000;
/** Above this a body is read on another thread. */
const THRESHOLD_BYTES = 256 * 1024;

type Row = Record<string, unknown>;

/** Golden rows by name, over and over. Spaces make the body large, whatever the model. */
function instancesOf({ features, golden }: Manifest, rows = ROWS): Row[] {
  return Array.from({ length: rows }, (_, i) => {
    const values = golden.rows[i % golden.rows.length]!;
    return Object.fromEntries(features.map(({ name }, column) => [name, values[column]]));
  });
}

function bodyOf(content: object): string {
  const body = JSON.stringify(content, undefined, 10);
  expect(body.length).to.be.greaterThan(THRESHOLD_BYTES);
  return body;
}

/** Numbers of JSON as double and as float32 may differ in their last digits. */
function expectClose(value: unknown, expected: unknown): void {
  if (typeof expected === 'number') expect(value).to.be.closeTo(expected, 1e-5);
  else if (!Array.isArray(expected)) expect(value).to.equal(expected);
  else {
    expect(value).to.have.length(expected.length);
    for (const [i, item] of expected.entries()) expectClose((value as unknown[])[i], item);
  }
}

const places = [
  { where: 'on the event loop', inlineModelBytes: '1000000000' },
  { where: 'on a thread of its own', inlineModelBytes: '0' },
];

for (const { where, inlineModelBytes } of places) {
  describe(`large requests, the graph ${where}`, () => {
    let packages: RealPackages;
    let tier: TierUnderTest;

    before(async function () {
      this.timeout(PACKAGES_TIMEOUT_MS);
      packages = await realPackages();
      const registry = new FakeRegistry();
      registry.promote(packages.tensorA);
      registry.promote(packages.columnsStrings);
      const { tensorA, columnsStrings } = packages;
      tier = await TierUnderTest.startReady(registry, {
        MODELS: `${tensorA.manifest.model_name}@champion,${columnsStrings.manifest.model_name}@champion`,
        INLINE_MODEL_BYTES: inlineModelBytes,
        MAX_ROWS_PER_REQUEST: String(ROWS),
      });
    });

    after(() => tier.stop());

    function post(path: string, body: string) {
      return tier.request(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    }

    function expectGolden(predictions: readonly Row[], { golden, outputs }: Manifest): void {
      expect(predictions).to.have.length(ROWS);
      const samples = golden.rows.length;
      for (const row of [0, 1, samples, ROWS / 2, ROWS - 1]) {
        for (const { name } of outputs) {
          expectClose(predictions[row]![name], golden.outputs[name]![row % samples]);
        }
      }
      // All rows of one golden row have one answer: nothing went to a neighbour.
      for (let row = samples; row < ROWS; row += 1) {
        expect(predictions[row]).to.deep.equal(predictions[row % samples]);
      }
    }

    it('answers every row of /predict in its order', async () => {
      const { manifest } = packages.tensorA;
      const answer = await post('/predict', bodyOf({ instances: instancesOf(manifest) }));
      expect(answer.status).to.equal(200);
      expect(answer.headers['x-model-digest']).to.equal(packages.tensorA.digest);
      const { predictions, request_id } = answer.json as Predictions;
      expect(request_id).to.equal(answer.headers['x-request-id']);
      expectGolden(predictions, manifest);
    });

    it('answers strings, lists and every other type of output', async () => {
      const { manifest } = packages.columnsStrings;
      const answer = await post(
        `/v1/models/${manifest.model_name}:predict`,
        bodyOf({ instances: instancesOf(manifest) }),
      );
      expect(answer.status).to.equal(200);
      expectGolden((answer.json as Predictions).predictions, manifest);
    });

    it('computes small requests meanwhile, also of the same client', async () => {
      const { manifest } = packages.tensorA;
      const order: string[] = [];
      const large = post('/predict', bodyOf({ instances: instancesOf(manifest) })).then(() =>
        order.push('large'),
      );
      const small = tier.predict(instancesOf(manifest, 1)).then(() => order.push('small'));
      await Promise.all([large, small]);
      expect(order).to.deep.equal(['small', 'large']);
    });

    it('says which field of which row is wrong', async () => {
      const { manifest } = packages.tensorA;
      const instances = instancesOf(manifest);
      const { name } = manifest.features[0]!;
      instances[ROWS - 2]![name] = 'high';
      const problem = problemIn(await post('/predict', bodyOf({ instances })));
      expect([problem.status, problem.code]).to.deep.equal([422, 'SIGNATURE_MISMATCH']);
      expect(problem.errors?.[0]).to.include({ path: `/instances/${ROWS - 2}/${name}`, found: 'a string' });
    });

    it('refuses what is not JSON, and more rows than allowed', async () => {
      const { manifest } = packages.tensorA;
      const body = bodyOf({ instances: instancesOf(manifest) });
      expect(problemIn(await post('/predict', body.slice(0, -1))).code).to.equal('INVALID_JSON');
      const more = bodyOf({ instances: instancesOf(manifest, ROWS + 1) });
      expect(problemIn(await post('/predict', more)).code).to.equal('TOO_MANY_ROWS');
    });
  });
}
