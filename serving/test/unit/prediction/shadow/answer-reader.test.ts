import { expect } from 'chai';
import type { Manifest } from '../../../../src/model-package/manifest.js';
import { AnswerReader, Answers } from '../../../../src/prediction/shadow/answer-reader.js';
import type { OutputColumn } from '../../../../src/servables/onnx-session.js';
import type { TensorData } from '../../../../src/servables/tensors.js';
import { draftManifest } from '../../../support/manifests.js';

const SCORES = [0.125, 0.75, 0.5, 0.875];

function column(name: string, type: OutputColumn['type'], data: TensorData): OutputColumn {
  return { name, type, width: 1, isScalar: true, data };
}

/** What it reads of all rows but the first. */
function read(
  label: OutputColumn,
  positiveClass: number | string,
  overrides: Partial<Manifest> = {},
): { scores: number[]; positives: number[] } | undefined {
  const manifest = draftManifest({
    outputs: [
      { name: 'label', type: label.type, shape: [] },
      { name: 'score', type: 'float32', shape: [] },
    ],
    decision: { threshold: 0.75, positive_class: positiveClass },
    ...overrides,
  });
  const answers = new Answers(4);
  const reader = AnswerReader.of(manifest);
  if (reader === undefined) return undefined;
  reader.read([label, column('score', 'float32', Float32Array.from(SCORES))], 1, 4, answers, 1);
  return { scores: [...answers.scores], positives: [...answers.positives] };
}

describe('AnswerReader', () => {
  const labels: Record<string, [OutputColumn, number | string]> = {
    'a 64-bit integer': [column('label', 'int64', BigInt64Array.of(2n, 2n, 0n, 2n)), 2],
    'a 32-bit integer': [column('label', 'int32', Int32Array.of(7, 7, 0, 7)), 7],
    'a truth value': [column('label', 'bool', Uint8Array.of(1, 1, 0, 1)), 1],
    'a text': [column('label', 'string', ['bad', 'bad', 'good', 'bad']), 'bad'],
    'of another kind than the positive class, by the threshold': [
      column('label', 'int64', BigInt64Array.of(1n, 0n, 1n, 0n)),
      'bad',
    ],
  };
  for (const [what, [label, positiveClass]] of Object.entries(labels)) {
    it(`copies scores, and whether a row is positive, where the label is ${what}`, () => {
      expect(read(label, positiveClass)).to.deep.equal({
        scores: [0, 0.75, 0.5, 0.875],
        positives: [0, 1, 0, 1],
      });
    });
  }

  it('reads nothing of a model that promises no scores, whatever its outputs are called', () => {
    const label = column('label', 'int64', BigInt64Array.of(1n, 0n, 1n, 0n));
    expect(read(label, 1, { task: 'generic' })).to.equal(undefined);
  });
});
