import { expect } from 'chai';
import { CapturedRows } from '../../../src/feedback/captured-rows.js';
import { PredictionLines } from '../../../src/feedback/prediction-lines.js';
import type { Feature, Manifest } from '../../../src/model-package/manifest.js';
import type { OutputColumn } from '../../../src/servables/onnx-session.js';
import { RowEncoder } from '../../../src/servables/row-encoder.js';
import { manifestWith } from '../../support/manifests.js';

const ID = { modelName: 'toy "1"', version: '7', digest: `sha256:${'a'.repeat(64)}` };
const AT = Date.parse('2026-11-21T10:00:00.123Z');

const SCORES: OutputColumn = {
  name: 'score',
  type: 'float64',
  width: 1,
  isScalar: true,
  data: Float64Array.of(0.25, Number.NaN, 0.75),
};
const PAIRS: OutputColumn = {
  name: 'pair',
  type: 'int64',
  width: 2,
  isScalar: false,
  data: BigInt64Array.of(1n, 2n, 3n, 4n, 2n ** 40n, -6n),
};

function linesOf(
  manifest: Manifest,
  instances: readonly unknown[],
  redacted: readonly string[] = [],
): unknown[] {
  const encoder = new RowEncoder(manifest);
  const { inputs, rows } = encoder.encode(instances);
  const columns = [SCORES, PAIRS];
  const captured = new CapturedRows(encoder.inputs, columns);
  const computed = { inputs, inputRow: 0, columns, outputRow: 0, rows };
  for (let row = 0; row < rows; row += 1) captured.add(computed, row, 'r-1.a_b', 2.5, AT);
  const lines = new PredictionLines(captured, { id: ID, alias: 'champion', manifest }, new Set(redacted));
  return lines.records().map(({ key, value }) => {
    expect(key).to.equal('r-1.a_b');
    expect(value).not.to.include('\n');
    return JSON.parse(value) as unknown;
  });
}

const COLUMNS: readonly Feature[] = [
  { name: 'amount', type: 'float64', nullable: true },
  { name: 'count', type: 'int64', nullable: false },
  { name: 'employed', type: 'bool', nullable: false },
  { name: 'town "x"', type: 'string', nullable: false },
];
const TENSOR: readonly Feature[] = [
  { name: 'amount', type: 'float32', nullable: true },
  { name: 'count', type: 'int32', nullable: false },
  { name: 'employed', type: 'bool', nullable: false },
];

describe('PredictionLines', () => {
  it('says of a row what answered, when, for how many it stands, what went in and what came out', () => {
    const [line] = linesOf(manifestWith(COLUMNS), [
      { amount: 1.5, count: 3, employed: true, 'town "x"': 'Łódź\n' },
    ]);
    expect(line).to.deep.equal({
      at: '2026-11-21T10:00:00.123Z',
      request_id: 'r-1.a_b',
      row: 0,
      model: 'toy "1"',
      version: '7',
      digest: ID.digest,
      alias: 'champion',
      weight: 2.5,
      features: { amount: 1.5, count: 3, employed: true, 'town "x"': 'Łódź\n' },
      outputs: { score: 0.25, pair: [1, 2] },
    });
  });

  it('takes the features of a graph with one tensor out of it, by name', () => {
    const tensor = manifestWith(TENSOR, { layout: 'tensor', name: 'x', type: 'float32' });
    const lines = linesOf(tensor, [
      [20_000, 3, true],
      [0.5, -1, false],
    ]) as { features: unknown }[];
    expect(lines.map(({ features }) => features)).to.deep.equal([
      { amount: 20_000, count: 3, employed: true },
      { amount: 0.5, count: -1, employed: false },
    ]);
  });

  it('writes null for what is missing or not a number, and integers as they are', () => {
    const row = { amount: null, count: 1, employed: false, 'town "x"': '' };
    const lines = linesOf(manifestWith(COLUMNS), [row, row, row]) as {
      row: number;
      features: { amount: unknown };
      outputs: unknown;
    }[];
    expect(lines.map((line) => line.row)).to.deep.equal([0, 1, 2]);
    expect(lines[0]!.features.amount).to.equal(null);
    expect(lines.map(({ outputs }) => outputs)).to.deep.equal([
      { score: 0.25, pair: [1, 2] },
      { score: null, pair: [3, 4] },
      { score: 0.75, pair: [2 ** 40, -6] },
    ]);
  });

  it('leaves redacted features out, and does not mind names that are none of the model', () => {
    const row = { amount: 1, count: 2, employed: false, 'town "x"': 'Ys' };
    const [line] = linesOf(manifestWith(COLUMNS), [row], ['amount', 'town "x"', 'other']) as {
      features: unknown;
    }[];
    expect(line!.features).to.deep.equal({ count: 2, employed: false });
  });
});
