import type { EncodedRows, GraphInput } from './row-encoder.js';
import { allocate, sliceRows, type TensorData } from './tensors.js';

/**
 * Room for rows of one signature, filled from the front. Rows of many requests are laid out side by side as they
 * arrive, so that joining them into one call of the graph copies nothing.
 */
export class RowBatch {
  readonly capacity: number;
  /** One entry a graph input; element [row * width + column]. Beyond `rows` they hold what was there before. */
  readonly inputs: readonly TensorData[];
  readonly #ports: readonly GraphInput[];
  #rows = 0;

  /** @param capacity rows */
  constructor(ports: readonly GraphInput[], capacity: number) {
    this.#ports = ports;
    this.capacity = capacity;
    this.inputs = ports.map(({ type, width }) => allocate(type, capacity * width));
  }

  /** Rows that are filled; the next one goes here. */
  get rows(): number {
    return this.#rows;
  }

  get room(): number {
    return this.capacity - this.#rows;
  }

  /** Keeps rows that were written behind the last one. Until then they are nobody's. */
  keep(rows: number): void {
    this.#rows += rows;
  }

  /** Rows from one up to another, as views where there are any. */
  view(from = 0, to = this.#rows): EncodedRows {
    const whole = from === 0 && to === this.capacity;
    return {
      rows: to - from,
      inputs: whole
        ? this.inputs
        : this.inputs.map((data, i) => sliceRows(data, this.#ports[i]!.width, from, to)),
    };
  }

  /** Takes rows out; those behind them move up. */
  remove(from: number, rows: number): void {
    this.inputs.forEach((data, i) => {
      const { width } = this.#ports[i]!;
      data.copyWithin(from * width, (from + rows) * width, this.#rows * width);
    });
    this.#rows -= rows;
  }

  clear(): void {
    this.#rows = 0;
  }
}
