import { expect } from 'chai';
import type { Manifest } from '../../../src/model-package/manifest.js';
import { DriftMonitor, type ObservedServable } from '../../../src/quality/drift-monitor.js';
import { driftSettings, driftVariables } from '../../../src/quality/drift-settings.js';
import type { DriftSnapshot } from '../../../src/quality/drift-snapshot.js';
import { draftManifest } from '../../support/manifests.js';
import { seededRandom } from '../../support/seeded-random.js';

const HOUR = 3_600_000;

function manifest(overrides: Partial<Manifest> = {}): Manifest {
  return draftManifest({
    reference: {
      features: {
        age: { kind: 'numeric', edges: [30, 60], counts: [1, 1, 0], missing: 0 },
        income: { kind: 'numeric', edges: [1_000], counts: [5, 5], missing: 2 },
      },
      outputs: { score: { kind: 'numeric', edges: [0.5], counts: [1, 1], missing: 0 } },
    },
    ...overrides,
  });
}

function servable(version: string, ofManifest: Manifest = manifest()): ObservedServable {
  return { id: { modelName: 'toy', version, digest: `sha256:${version}` }, manifest: ofManifest };
}

/** Age and income a row, in one tensor; and the outputs of the toy. */
function rows(...values: readonly (readonly [number, number])[]) {
  return { rows: values.length, inputs: [Float32Array.from(values.flat())] };
}

function outputs(...scores: readonly number[]) {
  return [{ data: Float32Array.from(scores) }, { data: BigInt64Array.from(scores, () => 0n) }];
}

describe('DriftMonitor', () => {
  let nowMs: number;
  let one: ObservedServable;

  beforeEach(() => {
    nowMs = 0;
    one = servable('1');
  });

  function monitor(env: Record<string, string> = {}): DriftMonitor {
    return new DriftMonitor(driftSettings(driftVariables.parse(env)), () => nowMs, seededRandom(1));
  }

  function snapshotOf(watched: DriftMonitor, ofServable = one): DriftSnapshot {
    return watched.snapshots([{ alias: 'champion', servable: ofServable }])[0]!;
  }

  it('counts features and scores in the bins of their references', () => {
    const watched = monitor();
    watched.observe(one, rows([18, 500], [30, NaN], [61, 2_000]), outputs(0.1, 0.5, 0.9));
    const { features, outputs: scores, weight, ...id } = snapshotOf(watched);
    expect(features.map(({ name, current }) => [name, current])).to.deep.equal([
      ['age', [2, 0, 1, 0]],
      ['income', [1, 1, 1]],
    ]);
    expect(scores.map(({ name, current }) => [name, current])).to.deep.equal([['score', [2, 1, 0]]]);
    expect(weight).to.equal(3);
    expect(id).to.include({ modelName: 'toy', alias: 'champion', version: '1', digest: 'sha256:1' });
  });

  it('reads one input a column, text too', () => {
    const columns = servable(
      '1',
      manifest({
        input: { layout: 'columns' },
        features: [
          { name: 'age', type: 'int64', nullable: false },
          { name: 'purpose', type: 'string', nullable: false },
        ],
        reference: {
          features: {
            age: { kind: 'numeric', edges: [30], counts: [1, 1], missing: 0 },
            purpose: { kind: 'categorical', categories: ['car', 'home'], counts: [1, 1], missing: 0 },
          },
          outputs: {},
        },
      }),
    );
    const watched = monitor();
    const inputs = [BigInt64Array.of(20n, 40n), ['home', 'boat']];
    watched.observe(columns, { rows: 2, inputs }, outputs(0.1, 0.2));
    expect(snapshotOf(watched, columns).features.map(({ current }) => current)).to.deep.equal([
      [1, 1, 0],
      [0, 1, 1, 0],
    ]);
  });

  it('gives each version counts of its own, also while requests of the former one end', () => {
    const watched = monitor();
    const two = servable('2');
    watched.observe(one, rows([18, 500]), outputs(0.1));
    watched.observe(two, rows([40, 500]), outputs(0.1));
    watched.observe(one, rows([18, 500]), outputs(0.1));
    expect(snapshotOf(watched, two).features[0]!.current).to.deep.equal([0, 1, 0, 0]);
    expect(snapshotOf(watched, one).weight).to.equal(2);
  });

  it('answers for a version that has seen nothing yet', () => {
    expect(snapshotOf(monitor())).to.include({ weight: 0, squaredWeight: 0 });
  });

  it('lets go of what is older than the window', () => {
    const watched = monitor({ DRIFT_WINDOW_MINUTES: '60' });
    watched.observe(one, rows([18, 500]), outputs(0.1));
    nowMs = HOUR - 1;
    expect(snapshotOf(watched).weight).to.equal(1);
    nowMs = HOUR;
    expect(snapshotOf(watched).weight).to.equal(0);
  });

  it('weighs sampled rows so that shares stay true', () => {
    const watched = monitor({ DRIFT_ROWS_PER_SECOND: '100' });
    const random = seededRandom(2);
    const requests = 20_000;
    for (let i = 0; i < requests; i += 1) {
      nowMs += 0.1;
      watched.observe(one, rows([random() < 0.25 ? 18 : 40, 500]), outputs(0.1));
    }
    const { features, weight, squaredWeight } = snapshotOf(watched);
    const [young, middle] = features[0]!.current;
    expect(young! / (young! + middle!)).to.be.within(0.17, 0.33);
    expect(weight / requests).to.be.within(0.85, 1.15);
    expect(weight ** 2 / squaredWeight, 'rows that were counted, or fewer').to.be.below(1_000);
  });

  it('measures no more features than it may, and names the others', () => {
    const watched = monitor({ DRIFT_MAX_FEATURES: '1' });
    watched.observe(one, rows([18, 500]), outputs(0.1));
    expect(snapshotOf(watched).features.map(({ name }) => name)).to.deep.equal(['age']);
    expect(snapshotOf(watched).unmeasuredFeatures).to.deep.equal(['income']);
  });

  it('names features without a reference, and leaves lists of scores alone', () => {
    const partly = servable(
      '1',
      manifest({
        outputs: [{ name: 'score', type: 'float32', shape: [3] }],
        reference: {
          features: { age: { kind: 'numeric', edges: [], counts: [9], missing: 0 } },
          outputs: { score: { kind: 'numeric', edges: [0.5], counts: [1, 1], missing: 0 } },
        },
      }),
    );
    const snapshot = snapshotOf(monitor(), partly);
    expect(snapshot.unmeasuredFeatures).to.deep.equal(['income']);
    expect(snapshot.outputs).to.deep.equal([]);
  });

  it('counts nothing when it is switched off', () => {
    const watched = monitor({ DRIFT_ROWS_PER_SECOND: '0' });
    watched.observe(one, rows([18, 500]), outputs(0.1));
    expect(snapshotOf(watched).weight).to.equal(0);
  });

  it('gives snapshots that survive the way to another process', () => {
    const watched = monitor();
    watched.observe(one, rows([18, NaN]), outputs(0.1));
    const snapshot = snapshotOf(watched);
    expect(JSON.parse(JSON.stringify(snapshot))).to.deep.equal(snapshot);
  });
});
