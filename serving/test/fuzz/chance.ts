import { seededRandom } from '../support/seeded-random.js';

/** Spreads neighbouring numbers over all seeds: the golden ratio as a 32-bit fraction. */
const SPREAD = 0x9e3779b1;

/** Decisions that are the same for the same seed and number, whatever was decided elsewhere. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number, number = 0) {
    this.#random = seededRandom((Math.imul(number, SPREAD) ^ seed) >>> 0);
  }

  /** A whole number from 0 up to below the limit. */
  int(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  happens(probability: number): boolean {
    return this.#random() < probability;
  }

  /** @throws when there is nothing to choose from */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new Error('There is nothing to choose from');
    return choices[this.int(choices.length)]!;
  }

  /** Small lengths are as likely as large ones: each power of two has the same share. */
  length(limit: number): number {
    return this.int(Math.min(limit, 2 ** this.int(Math.ceil(Math.log2(limit + 1)) + 1)) + 1);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Uint8Array.from({ length }, () => this.int(256)));
  }
}
