import { expect } from 'chai';
import type { DriftAnswer } from '../../src/api/drift-answer.js';
import type { Histogram, ModelPackage } from '../../src/model-package/manifest.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { sampleOf, samplesIn } from '../support/metric-samples.js';
import { PACKAGES_TIMEOUT_MS, realPackages } from '../support/model-packages.js';
import { editPackage } from '../support/package-folders.js';
import { problemIn, TierUnderTest } from '../support/tier-under-test.js';

const CHAMPION = { model: 'small-tensor', alias: 'champion' };
const ADMIN_TOKEN = 'an-admin-token-of-tests';
/** Enough for the bins of the reference, and few enough for a test. */
const ROWS = 400;

type Row = readonly [income: number | null, grade: number, utilisation: number];

/** Traffic as the reference saw it: in every ten rows one income is missing, and all grades are equally frequent. */
function usualRow(i: number): Row {
  return [i % 10 === 9 ? null : i % 10 < 5 ? 20 : 60, 1 + (i % 4), (i % 20) / 20];
}

/** Incomes have risen, half of them are missing, and there is one grade. */
function shiftedRow(i: number): Row {
  return [i % 2 === 0 ? null : 101, 4, 1.5];
}

describe('drift of live traffic', () => {
  let reference: ModelPackage;
  let registry: FakeRegistry;
  let running: TierUnderTest;

  before(async function () {
    this.timeout(PACKAGES_TIMEOUT_MS);
    const { tensorA } = await realPackages();
    const income: Histogram = {
      kind: 'numeric',
      edges: [40, 100],
      counts: [5_000, 4_000, 0],
      missing: 1_000,
    };
    const grade: Histogram = {
      kind: 'categorical',
      categories: [1, 2, 3, 4],
      counts: [2_500, 2_500, 2_500, 2_500],
      missing: 0,
    };
    const withReference = (score: Histogram): ModelPackage =>
      editPackage(tensorA, {
        manifest: (draft) => {
          Object.assign(draft.reference, { features: { income, grade }, outputs: { score } });
        },
      });
    // What this graph says of the usual rows, by the tier itself.
    registry = new FakeRegistry();
    registry.promote(withReference({ kind: 'numeric', edges: [0.5], counts: [1, 1], missing: 0 }));
    const learning = await TierUnderTest.startReady(registry);
    const answer = await learning.predict(Array.from({ length: ROWS }, (_, i) => usualRow(i)));
    await learning.stop();
    const scores = (answer.json as { predictions: { score: number }[] }).predictions.map(
      ({ score }) => score,
    );
    const below = scores.filter((score) => score <= 0.5).length;
    reference = withReference({
      kind: 'numeric',
      edges: [0.5],
      counts: [below, ROWS - below].map((count) => count * 10),
      missing: 0,
    });
  });

  beforeEach(async () => {
    registry = new FakeRegistry();
    registry.promote(reference);
    running = await TierUnderTest.startReady(registry, {
      ADMIN_TOKEN,
      DRIFT_MIN_ROWS: '200',
      // Every row is counted, so that numbers are exact.
      DRIFT_ROWS_PER_SECOND: '100000',
    });
  });

  afterEach(() => running.stop());

  /** Requests of some rows each, several at a time, as clients send them. */
  async function send(
    tier: TierUnderTest,
    row: (i: number) => Row,
    requests: number,
    rowsEach: number,
  ): Promise<void> {
    const answers = await Promise.all(
      Array.from({ length: requests }, (_, request) =>
        tier.predict(Array.from({ length: rowsEach }, (_, i) => row(request * rowsEach + i))),
      ),
    );
    for (const { status, text } of answers) expect(status, text).to.equal(200);
  }

  async function drift(): Promise<DriftAnswer['models'][number]> {
    const answer = await running.manage('/drift');
    expect(answer.status, answer.text).to.equal(200);
    return (answer.json as DriftAnswer).models[0]!;
  }

  it('is not said to be any before there is traffic', async () => {
    const { features, outputs, ...model } = await drift();
    expect(model).to.deep.equal({
      model_name: 'small-tensor',
      alias: 'champion',
      version: '1',
      digest: reference.digest,
      window_rows: 0,
      effective_rows: 0,
      drifted: [],
      unmeasured_features: ['utilisation'],
    });
    expect(features[0]).to.deep.equal({
      name: 'income',
      state: 'too_few_rows',
      psi: null,
      js_distance: null,
      missing_rate: null,
      reference_missing_rate: 0.1,
      unseen_rate: null,
    });
    expect([...features, ...outputs].map(({ state }) => state)).to.deep.equal(Array(3).fill('too_few_rows'));
    const metrics = await running.metrics();
    expect(sampleOf(metrics, 'serving_drift_window_rows', CHAMPION)).to.equal(0);
    expect(metrics).to.include('# TYPE serving_feature_drift_psi gauge');
    expect(samplesIn(metrics).filter(({ name }) => name === 'serving_feature_drift_psi')).to.deep.equal([]);
  });

  it('is none while traffic is as the reference', async () => {
    await send(running, usualRow, ROWS, 1);
    const { drifted, features, outputs, window_rows: rows } = await drift();
    expect(rows).to.equal(ROWS);
    expect(drifted).to.deep.equal([]);
    for (const { name, state, psi, js_distance: distance } of [...features, ...outputs]) {
      expect(state, name).to.equal('calm');
      expect(psi, name).to.be.below(0.01);
      expect(distance, name).to.be.below(0.05);
    }
    expect(features[0]).to.include({ missing_rate: 0.1 });
    const metrics = await running.metrics();
    for (const feature of ['income', 'grade']) {
      expect(sampleOf(metrics, 'serving_feature_drifted', { ...CHAMPION, feature })).to.equal(0);
    }
    expect(sampleOf(metrics, 'serving_score_drifted', { ...CHAMPION, output: 'score' })).to.equal(0);
  });

  it('rises when traffic shifts, in /drift and in the metrics alike', async () => {
    await send(running, usualRow, 40, ROWS / 40);
    await send(running, shiftedRow, 40, (2 * ROWS) / 40);
    const { drifted, features, outputs, window_rows: rows } = await drift();
    expect(rows).to.equal(3 * ROWS);
    expect(drifted).to.deep.equal(['income', 'grade', 'score']);
    expect(features[0]!.missing_rate).to.be.closeTo((0.1 + 2 * 0.5) / 3, 1e-9);
    const metrics = await running.metrics();
    for (const { name: feature, psi, js_distance: distance, missing_rate: missing } of features) {
      const labels = { ...CHAMPION, feature };
      expect(sampleOf(metrics, 'serving_feature_drift_psi', labels))
        .to.equal(psi)
        .and.be.above(0.25);
      expect(sampleOf(metrics, 'serving_feature_drift_js_distance', labels)).to.equal(distance);
      expect(sampleOf(metrics, 'serving_feature_drifted', labels)).to.equal(1);
      expect(sampleOf(metrics, 'serving_feature_missing_ratio', labels)).to.equal(missing);
    }
    const labels = { ...CHAMPION, output: 'score' };
    expect(sampleOf(metrics, 'serving_score_drift_psi', labels))
      .to.equal(outputs[0]!.psi)
      .and.be.above(0.25);
    expect(sampleOf(metrics, 'serving_score_drift_js_distance', labels)).to.equal(outputs[0]!.js_distance);
    expect(sampleOf(metrics, 'serving_score_drifted', labels)).to.equal(1);
  });

  it('starts at nothing for the next champion, against its own reference', async () => {
    await send(running, shiftedRow, 1, ROWS);
    expect((await drift()).drifted).not.to.deep.equal([]);
    const version = registry.promote(
      editPackage(reference, {
        manifest: (draft) => (draft.reference.features['income']!.missing = 2_000),
      }),
    );
    const authorization = `Bearer ${ADMIN_TOKEN}`;
    await running.manage('/admin/reload', { method: 'POST', headers: { authorization } });
    await running.serves(version);
    const { features, ...model } = await drift();
    expect(model).to.include({ version, window_rows: 0 });
    expect(features[0]!.reference_missing_rate).to.be.closeTo(2 / 11, 1e-9);
  });

  it('can be switched off', async () => {
    const off = await TierUnderTest.startReady(registry, { DRIFT_ROWS_PER_SECOND: '0' });
    try {
      await send(off, shiftedRow, 1, ROWS);
      const answer = (await off.manage('/drift')).json as DriftAnswer;
      expect(answer.enabled).to.equal(false);
      expect(answer.models[0]!.window_rows).to.equal(0);
    } finally {
      await off.stop();
    }
  });

  it('is only read', async () => {
    const answer = await running.manage('/drift', { method: 'POST' });
    expect(answer.status).to.equal(405);
    expect(problemIn(answer).code).to.equal('METHOD_NOT_ALLOWED');
  });
});
