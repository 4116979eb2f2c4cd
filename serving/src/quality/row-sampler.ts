/** Which rows of a request to look at: `first`, `first + stride` and so on. */
export interface RowSample {
  readonly first: number;
  /** Also the number of rows that each of them stands for. */
  readonly stride: number;
}

const SECOND_MS = 1_000;

/**
 * Picks rows so that the work a second stays within a budget, and every row of a request has the same chance.
 *
 * At a stride of s a row is picked with probability 1/s and counts s times, so that counts stay unbiased when the
 * stride changes and when some requests bring one row and others thousands (the estimator of D. Horvitz and
 * D. Thompson, J. Am. Stat. Assoc. 47, 1952). The stride follows the traffic of the last second, and grows within a
 * second that brings more.
 */
export class RowSampler {
  readonly #rowsPerSecond: number;
  readonly #random: () => number;
  #secondStartedMs = -Infinity;
  #seen = 0;
  #usualStride = 1;

  /**
   * @param rowsPerSecond budget; a second that is suddenly busier than the one before may take a few times as many
   * @param random uniform from 0 up to 1
   */
  constructor(rowsPerSecond: number, random: () => number = Math.random) {
    this.#rowsPerSecond = rowsPerSecond;
    this.#random = random;
  }

  /** @returns undefined when no row of this request is picked */
  pick(rows: number, nowMs: number): RowSample | undefined {
    const elapsedMs = nowMs - this.#secondStartedMs;
    if (elapsedMs >= SECOND_MS) {
      const wasQuiet = elapsedMs >= 2 * SECOND_MS;
      this.#usualStride = wasQuiet ? 1 : Math.max(1, Math.round(this.#seen / this.#rowsPerSecond));
      this.#secondStartedMs = nowMs;
      this.#seen = 0;
    }
    this.#seen += rows;
    const stride = Math.max(this.#usualStride, 1 + Math.floor(this.#seen / this.#rowsPerSecond));
    const first = stride === 1 ? 0 : Math.floor(this.#random() * stride);
    return first < rows ? { first, stride } : undefined;
  }
}
