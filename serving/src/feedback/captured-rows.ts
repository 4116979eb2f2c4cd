import type { ComputedRows } from '../servables/computed-rows.js';
import type { OutputColumn } from '../servables/onnx-session.js';
import type { GraphInput } from '../servables/row-encoder.js';
import { allocate, copyElements, type TensorData } from '../servables/tensors.js';

/** What an element of a string tensor takes at least: its reference. */
const REFERENCE_BYTES = 8;
/** Request id, row, time and weight. */
const OWN_BYTES = 96;
const BYTES_PER_CHARACTER = 2;
/** Rows in this much memory are written in about a millisecond, and nobody should wait for longer. */
const TARGET_BYTES = 64 * 1024;
const MAX_ROWS = 256;

function elementBytes(data: TensorData): number {
  return Array.isArray(data) ? REFERENCE_BYTES : data.BYTES_PER_ELEMENT;
}

/**
 * Copies of rows that were answered, until somebody has the time to write them down. Numbers are copied as numbers:
 * that costs a request a fraction of what their text would.
 */
export class CapturedRows {
  readonly inputs: readonly TensorData[];
  readonly outputs: readonly OutputColumn[];
  readonly requestIds: string[];
  /** Position of a row in its request. */
  readonly positions: Uint32Array;
  readonly timesMs: Float64Array;
  readonly weights: Float64Array;
  readonly #ports: readonly GraphInput[];
  readonly #rowBytes: number;
  #rows = 0;
  #textBytes = 0;

  /** @param like outputs of the same servable */
  constructor(ports: readonly GraphInput[], like: readonly OutputColumn[]) {
    const tensors = [
      ...ports.map(({ type, width }) => ({ data: allocate(type, 0), width })),
      ...like.map(({ type, width }) => ({ data: allocate(type, 0), width })),
    ];
    this.#rowBytes = tensors.reduce((sum, { data, width }) => sum + elementBytes(data) * width, OWN_BYTES);
    const capacity = Math.max(1, Math.min(MAX_ROWS, Math.floor(TARGET_BYTES / this.#rowBytes)));
    this.#ports = ports;
    this.inputs = ports.map(({ type, width }) => allocate(type, capacity * width));
    this.outputs = like.map((column) => ({
      ...column,
      data: allocate(column.type, capacity * column.width),
    }));
    this.requestIds = new Array<string>(capacity).fill('');
    this.positions = new Uint32Array(capacity);
    this.timesMs = new Float64Array(capacity);
    this.weights = new Float64Array(capacity);
  }

  get rows(): number {
    return this.#rows;
  }

  get isFull(): boolean {
    return this.#rows === this.requestIds.length;
  }

  /** Memory that the rows in it take, about. */
  get bytes(): number {
    return this.#rows * this.#rowBytes + this.#textBytes;
  }

  /**
   * Copies one row. There must be room for it.
   * @param position of the row in its request
   */
  add(
    { inputs, inputRow, columns, outputRow }: ComputedRows,
    position: number,
    requestId: string,
    weight: number,
    timeMs: number,
  ): void {
    const row = this.#rows;
    let textBytes = 0;
    for (let i = 0; i < inputs.length; i += 1) {
      textBytes += copyRow(inputs[i]!, inputRow + position, this.inputs[i]!, row, this.#ports[i]!.width);
    }
    for (let i = 0; i < columns.length; i += 1) {
      const { data, width } = columns[i]!;
      textBytes += copyRow(data, outputRow + position, this.outputs[i]!.data, row, width);
    }
    this.requestIds[row] = requestId;
    this.positions[row] = position;
    this.weights[row] = weight;
    this.timesMs[row] = timeMs;
    this.#textBytes += textBytes;
    this.#rows = row + 1;
  }

  /** Makes room. What was in it stays until it is written over. */
  clear(): void {
    this.#rows = 0;
    this.#textBytes = 0;
  }
}

/** @returns bytes of the text that is held from now on */
function copyRow(source: TensorData, from: number, target: TensorData, to: number, width: number): number {
  copyElements(source, from * width, target, to * width, width);
  if (!Array.isArray(source)) return 0;
  let bytes = 0;
  for (let i = from * width; i < (from + 1) * width; i += 1) bytes += source[i]!.length * BYTES_PER_CHARACTER;
  return bytes;
}
