/** What a window holds. */
export interface WindowCounts {
  readonly counts: Float64Array;
  /** Sum of the weights of the rows that were added. */
  readonly weight: number;
  /** Sum of the squares of their weights. */
  readonly squaredWeight: number;
}

interface Part {
  readonly counts: Float64Array;
  /** Which stretch of time it holds, counted from time 0. */
  number: number;
  weight: number;
  squaredWeight: number;
}

/**
 * Weighted counts over a sliding window of time: a ring of parts, of which the oldest makes room for the next. The
 * window is therefore between one part less and all parts long.
 */
export class SlidingCounts {
  readonly #partMs: number;
  readonly #parts: readonly Part[];

  /** @param size counts; they are allocated once, `parts` times */
  constructor(size: number, windowMs: number, parts: number) {
    this.#partMs = windowMs / parts;
    this.#parts = Array.from({ length: parts }, () => ({
      counts: new Float64Array(size),
      number: -Infinity,
      weight: 0,
      squaredWeight: 0,
    }));
  }

  /**
   * The counts of now, to add to.
   * @param rows that will be added
   * @param weight of each of them
   */
  add(rows: number, weight: number, nowMs: number): Float64Array {
    const number = Math.floor(nowMs / this.#partMs);
    const part = this.#parts[number % this.#parts.length]!;
    if (part.number !== number) {
      part.counts.fill(0);
      part.weight = 0;
      part.squaredWeight = 0;
      part.number = number;
    }
    part.weight += rows * weight;
    part.squaredWeight += rows * weight * weight;
    return part.counts;
  }

  read(nowMs: number): WindowCounts {
    const newest = Math.floor(nowMs / this.#partMs);
    const sum = { counts: new Float64Array(this.#parts[0]!.counts.length), weight: 0, squaredWeight: 0 };
    for (const { number, counts, weight, squaredWeight } of this.#parts) {
      if (number <= newest - this.#parts.length) continue;
      sum.weight += weight;
      sum.squaredWeight += squaredWeight;
      for (let i = 0; i < counts.length; i += 1) sum.counts[i]! += counts[i]!;
    }
    return sum;
  }
}
