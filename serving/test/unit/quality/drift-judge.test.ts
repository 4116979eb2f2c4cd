import { expect } from 'chai';
import { DriftJudge, type ColumnDrift } from '../../../src/quality/drift-judge.js';
import type { DriftSettings } from '../../../src/quality/drift-settings.js';
import type { ColumnSnapshot, DriftSnapshot } from '../../../src/quality/drift-snapshot.js';

const SETTINGS: DriftSettings = {
  rowsPerSecond: 1_000,
  windowMs: 3_600_000,
  minRows: 500,
  thresholds: { upper: 0.25, lower: 0.1 },
  maxFeatures: 200,
};
/** Two bins, one for unseen and one for missing values. */
const GRADE: ColumnSnapshot = {
  name: 'grade',
  reference: [500, 500, 0, 0],
  current: [0, 0, 0, 0],
  unseenBin: 2,
  missingBin: 3,
};

/** One process's counts of `grade`; every row has the weight. */
function snapshot(
  current: readonly number[],
  overrides: Partial<DriftSnapshot> = {},
  weight = 1,
): DriftSnapshot {
  const rows = current.reduce((sum, count) => sum + count, 0);
  return {
    modelName: 'toy',
    alias: 'champion',
    version: '1',
    digest: 'sha256:1',
    weight: rows,
    squaredWeight: rows * weight,
    features: [{ ...GRADE, current }],
    outputs: [],
    unmeasuredFeatures: [],
    ...overrides,
  };
}

describe('DriftJudge', () => {
  let judge: DriftJudge;

  beforeEach(() => {
    judge = new DriftJudge(SETTINGS);
  });

  function grade(...snapshots: readonly DriftSnapshot[]): ColumnDrift {
    return judge.judge(snapshots).models[0]!.features[0]!;
  }

  it('says what differs from the reference, and by how much', () => {
    expect(grade(snapshot([250, 750, 0, 0]))).to.deep.include({ name: 'grade', state: 'drifted' });
    expect(grade(snapshot([250, 750, 0, 0])).psi).to.be.closeTo(0.2745, 1e-3);
    expect(grade(snapshot([250, 750, 0, 0])).jsDistance).to.be.closeTo(0.2209, 1e-3);
    expect(grade(snapshot([500, 500, 0, 0])).state).to.equal('calm');
  });

  it('says which share is missing, and which has no category', () => {
    expect(grade(snapshot([400, 400, 150, 50]))).to.include({
      missingRate: 0.05,
      unseenRate: 0.15,
      referenceMissingRate: 0,
    });
  });

  it('holds on to drift until the index is below the lower threshold', () => {
    const between = [320, 680, 0, 0];
    expect(grade(snapshot(between)).psi, 'between the thresholds').to.be.within(0.1, 0.25);
    expect(grade(snapshot(between)).state).to.equal('calm');
    grade(snapshot([100, 900, 0, 0]));
    expect(grade(snapshot(between)).state).to.equal('drifted');
    expect(grade(snapshot([490, 510, 0, 0])).state).to.equal('calm');
    expect(grade(snapshot(between)).state).to.equal('calm');
  });

  it('holds on to drift while there are too few rows to tell', () => {
    grade(snapshot([100, 900, 0, 0]));
    expect(grade(snapshot([10, 10, 0, 0])).state).to.equal('too_few_rows');
    expect(grade(snapshot([320, 680, 0, 0])).state).to.equal('drifted');
  });

  it('forgets drift with the version that it was of', () => {
    grade(snapshot([100, 900, 0, 0]));
    const between = [320, 680, 0, 0];
    expect(grade(snapshot(between, { version: '2', digest: 'sha256:2' })).state).to.equal('calm');
    expect(grade(snapshot(between)).state, 'the first again').to.equal('calm');
  });

  it('says nothing of too few rows', () => {
    expect(grade(snapshot([0, 499, 0, 0]))).to.deep.equal({
      name: 'grade',
      state: 'too_few_rows',
      psi: undefined,
      jsDistance: undefined,
      missingRate: undefined,
      unseenRate: undefined,
      referenceMissingRate: 0,
    });
    expect(grade(snapshot([0, 500, 0, 0])).state).to.equal('drifted');
  });

  it('takes sampled rows for as many as they tell, not as they stand for', () => {
    expect(grade(snapshot([0, 4_990, 0, 0], {}, 10)).state).to.equal('too_few_rows');
    expect(grade(snapshot([0, 5_000, 0, 0], {}, 10)).state).to.equal('drifted');
  });

  it('asks for more rows where there are more bins', () => {
    const many = (counts: number): ColumnSnapshot => ({
      name: 'many',
      reference: new Array<number>(50).fill(1_000),
      current: new Array<number>(50).fill(counts),
      missingBin: 49,
    });
    expect(grade(snapshot([999], { weight: 999, squaredWeight: 999, features: [many(20)] })).state).to.equal(
      'too_few_rows',
    );
    expect(
      grade(snapshot([1_000], { weight: 1_000, squaredWeight: 1_000, features: [many(20)] })).state,
    ).to.equal('calm');
  });

  it('compares with no reference of a handful of rows', () => {
    const features = [{ ...GRADE, reference: [39, 40, 0, 0], current: [1_000, 0, 0, 0] }];
    expect(grade(snapshot([1_000], { features })).state).to.equal('reference_too_small');
  });

  it('adds the counts of several processes before it compares them', () => {
    const half = snapshot([0, 300, 0, 0]);
    expect(grade(half).state).to.equal('too_few_rows');
    const { windowRows, effectiveRows, features } = judge.judge([half, snapshot([300, 0, 0, 0])]).models[0]!;
    expect([windowRows, effectiveRows]).to.deep.equal([600, 600]);
    expect(features[0]).to.include({ state: 'calm' });
    expect(features[0]!.psi).to.be.closeTo(0, 1e-12);
  });

  it('speaks for the version that most processes serve; between as many for the newer one', () => {
    const one = snapshot([900, 100, 0, 0]);
    const two = snapshot([1, 0, 0, 0], { version: '2', digest: 'sha256:2' });
    const versionOf = (...snapshots: DriftSnapshot[]) =>
      judge.judge(snapshots).models.map(({ version }) => version);
    expect(versionOf(one, one, two)).to.deep.equal(['1']);
    expect(versionOf(one, two, two)).to.deep.equal(['2']);
    expect(versionOf(one, two)).to.deep.equal(['2']);
  });

  it('keeps models and aliases apart', () => {
    const report = judge.judge([
      snapshot([900, 100, 0, 0]),
      snapshot([500, 500, 0, 0], { alias: 'challenger' }),
      snapshot([500, 500, 0, 0], { modelName: 'other' }),
    ]);
    expect(report.models.map(({ features }) => features[0]!.state)).to.deep.equal([
      'drifted',
      'calm',
      'calm',
    ]);
  });
});
