import type { OutputColumn } from '../servables/onnx-session.js';
import type { EncodedRows, RowEncoder } from '../servables/row-encoder.js';
import { allocate, copyRows, sliceRows } from '../servables/tensors.js';
import type { GraphAnswer } from './graph-call.js';
import type { BatchOrder, RowWitness, TimedOutputRows } from './micro-batcher.js';

/** A request that is computed in pieces, and what has been answered of it. */
export class LargeRun {
  readonly deadline: number;
  readonly reject: (error: unknown) => void;
  readonly #rows: EncodedRows;
  readonly #encoder: RowEncoder;
  readonly #resolve: (outputs: TimedOutputRows) => void;
  readonly #witness: RowWitness | undefined;
  #columns: readonly OutputColumn[] | undefined;
  #done = 0;
  #taken = 0;
  #graphMs = 0;

  constructor(
    rows: EncodedRows,
    { deadline, witness }: BatchOrder,
    encoder: RowEncoder,
    resolve: (outputs: TimedOutputRows) => void,
    reject: (error: unknown) => void,
  ) {
    this.#rows = rows;
    this.deadline = deadline;
    this.#encoder = encoder;
    this.#resolve = resolve;
    this.#witness = witness;
    this.reject = reject;
  }

  /** The next rows, at most as many as given. */
  next(maxRows: number): EncodedRows {
    const from = this.#done;
    const to = Math.min(this.#rows.rows, from + maxRows);
    this.#taken = to - from;
    return {
      rows: to - from,
      inputs: this.#rows.inputs.map((data, i) => sliceRows(data, this.#encoder.inputs[i]!.width, from, to)),
    };
  }

  /**
   * Takes the outputs of the rows that `next` gave.
   * @returns whether these were the last; the request is then answered
   */
  accept({ columns: piece, graphMs }: GraphAnswer): boolean {
    const { rows } = this.#rows;
    this.#graphMs += graphMs;
    if (this.#taken === rows) {
      this.#answer(piece);
      return true;
    }
    this.#columns ??= piece.map((column) => ({
      ...column,
      data: allocate(column.type, rows * column.width),
    }));
    this.#columns.forEach((column, i) => {
      copyRows(piece[i]!.data, column.data, this.#done * column.width);
    });
    this.#done += this.#taken;
    if (this.#done < rows) return false;
    this.#answer(this.#columns);
    return true;
  }

  #answer(columns: readonly OutputColumn[]): void {
    const { rows, inputs } = this.#rows;
    this.#witness?.({ inputs, inputRow: 0, columns, outputRow: 0, rows });
    this.#resolve({ columns, from: 0, to: rows, graphMs: this.#graphMs });
  }
}
