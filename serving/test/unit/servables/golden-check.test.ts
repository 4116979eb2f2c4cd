import { expect } from 'chai';
import { LoadError } from '../../../src/errors.js';
import type { ElementType, Manifest, Scalar } from '../../../src/model-package/manifest.js';
import { checkGoldenRows } from '../../../src/servables/golden-check.js';
import type { OnnxSession, OutputColumn } from '../../../src/servables/onnx-session.js';
import { RowEncoder, type EncodedRows } from '../../../src/servables/row-encoder.js';
import type { TensorData } from '../../../src/servables/tensors.js';
import { draftManifest } from '../../support/manifests.js';
import { rejection } from '../../support/rejection.js';

interface Answers {
  readonly type: ElementType;
  readonly width?: number;
  readonly data: TensorData;
}

/** Two rows whose one output is expected to be `values`. */
function expecting(
  type: ElementType,
  values: readonly (Scalar | readonly Scalar[])[],
  tolerance = 1e-5,
): Manifest {
  const shape = Array.isArray(values[0]) ? [values[0].length] : [];
  return {
    ...(draftManifest() as Manifest),
    task: 'generic',
    outputs: [{ name: 'out', type, shape }],
    golden: {
      rows: [
        [40, 1],
        [25, null],
      ],
      outputs: { out: values },
      tolerance,
    },
  };
}

/** A session that answers the same to whatever it is asked. */
class FakeSession {
  readonly asked: number[] = [];
  failure: Error | undefined;

  constructor(readonly answers: Answers) {}

  run({ rows }: EncodedRows): Promise<readonly OutputColumn[]> {
    this.asked.push(rows);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const { type, width = 1, data } = this.answers;
    return Promise.resolve([{ name: 'out', type, width, isScalar: width === 1, data }]);
  }
}

function check(session: FakeSession, manifest: Manifest): Promise<void> {
  return checkGoldenRows(session as unknown as OnnxSession, new RowEncoder(manifest), manifest);
}

describe('checkGoldenRows', () => {
  interface Case {
    readonly answers: Answers;
    readonly agrees: readonly (Scalar | readonly Scalar[])[];
    readonly differs: readonly (Scalar | readonly Scalar[])[];
  }
  const cases: readonly Case[] = [
    {
      answers: { type: 'float32', data: Float32Array.of(0.1, 0.7) },
      agrees: [0.1, 0.700009],
      differs: [0.1, 0.70002],
    },
    {
      answers: { type: 'float64', data: Float64Array.of(0.1, -0.7) },
      agrees: [0.1, -0.7],
      differs: [0.1, 0.7],
    },
    { answers: { type: 'int64', data: BigInt64Array.of(0n, 1n) }, agrees: [0, 1], differs: [0, 0] },
    { answers: { type: 'int32', data: Int32Array.of(5, -5) }, agrees: [5, -5], differs: [5, 5] },
    { answers: { type: 'bool', data: Uint8Array.of(1, 0) }, agrees: [true, false], differs: [true, true] },
    { answers: { type: 'string', data: ['a', 'b'] }, agrees: ['a', 'b'], differs: ['a', 'B'] },
    {
      answers: { type: 'float32', width: 2, data: Float32Array.of(0.25, 0.75, 0.5, 0.5) },
      agrees: [
        [0.25, 0.75],
        [0.5, 0.5],
      ],
      differs: [
        [0.25, 0.75],
        [0.5, 0.25],
      ],
    },
  ];
  for (const { answers, agrees, differs } of cases) {
    const what = `${answers.type}${answers.width === undefined ? '' : ' lists'}`;

    it(`accepts ${what} that agree`, async () => {
      await check(new FakeSession(answers), expecting(answers.type, agrees));
    });

    it(`refuses ${what} that differ, and names row and output`, async () => {
      const error = await rejection(
        check(new FakeSession(answers), expecting(answers.type, differs)),
        LoadError,
      );
      expect(error.code).to.equal('GOLDEN_MISMATCH');
      expect(error.message).to.match(/^golden row 1: out is .+, expected .+$/);
    });
  }

  it('refuses NaN, whatever was expected', async () => {
    const session = new FakeSession({ type: 'float32', data: Float32Array.of(0.5, NaN) });
    const error = await rejection(check(session, expecting('float32', [0.5, 0.5], 0.01)), LoadError);
    expect(error.message).to.equal('golden row 1: out is NaN, expected 0.5');
  });

  it('takes differences of floats only up to the tolerance, and of others not at all', async () => {
    const floats = new FakeSession({ type: 'float64', data: Float64Array.of(0.5, 0.5) });
    await check(floats, expecting('float64', [0.5, 0.509], 0.01));
    await rejection(check(floats, expecting('float64', [0.5, 0.511], 0.01)), LoadError);
    await rejection(check(floats, expecting('float64', [0.5, 0.500001], 0)), LoadError);
    const integers = new FakeSession({ type: 'int64', data: BigInt64Array.of(1n, 1n) });
    await rejection(check(integers, expecting('int64', [1, 1.001], 0.01)), LoadError);
  });

  it('asks for one row and for all, since a graph may be able to do only one of the two', async () => {
    const session = new FakeSession({ type: 'bool', data: Uint8Array.of(1, 1) });
    await check(session, expecting('bool', [true, true]));
    expect(session.asked).to.deep.equal([1, 2]);
  });

  it('says GOLDEN_MISMATCH when the graph can not compute the rows at all', async () => {
    const session = new FakeSession({ type: 'bool', data: Uint8Array.of(1, 1) });
    session.failure = new Error('Non-zero status code returned while running Reshape');
    const error = await rejection(check(session, expecting('bool', [true, true])), LoadError);
    expect(error.code).to.equal('GOLDEN_MISMATCH');
    expect(error.message).to.include('Reshape');
    expect(error.cause).to.equal(session.failure);
  });
});
