import { binaryOutputs, type BinaryOutputs } from '../../model-package/binary-outputs.js';
import type { Manifest } from '../../model-package/manifest.js';
import type { OutputColumn } from '../../servables/onnx-session.js';

/** Room for what a binary classifier says of rows. */
export class Answers {
  readonly scores: Float64Array;
  /** 1 where the label is the positive class. */
  readonly positives: Uint8Array;

  constructor(rows: number) {
    this.scores = new Float64Array(rows);
    this.positives = new Uint8Array(rows);
  }
}

/** Copies scores and decisions of one version out of what its graph has answered. */
export class AnswerReader {
  readonly #outputs: BinaryOutputs;

  private constructor(outputs: BinaryOutputs) {
    this.#outputs = outputs;
  }

  /** undefined: the version gives no scores. */
  static of(manifest: Manifest): AnswerReader | undefined {
    const outputs = binaryOutputs(manifest);
    return outputs && new AnswerReader(outputs);
  }

  /** Copies rows from one up to another to a place in `target`. */
  read(columns: readonly OutputColumn[], from: number, to: number, target: Answers, at = 0): void {
    const { score, label, decision } = this.#outputs;
    const scores = columns[score]!.data as Float32Array;
    const isPositive = positives(columns[label]!, decision, scores);
    for (let row = from; row < to; row += 1) {
      const position = at + row - from;
      target.scores[position] = scores[row]!;
      target.positives[position] = isPositive(row) ? 1 : 0;
    }
  }
}

/** By the label; by the threshold where labels and the positive class are of two kinds. */
function positives(
  { type, data }: OutputColumn,
  { threshold, positive_class: positive }: BinaryOutputs['decision'],
  scores: ArrayLike<number>,
): (row: number) => boolean {
  if (typeof positive === 'string' && type === 'string') return (row) => data[row] === positive;
  if (typeof positive === 'number' && type !== 'string') return (row) => Number(data[row]) === positive;
  return (row) => scores[row]! >= threshold;
}
