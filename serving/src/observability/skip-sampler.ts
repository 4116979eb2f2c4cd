/**
 * Chooses requests at random, and costs those that are not chosen one subtraction: how many to skip until the next
 * one is drawn only when one was chosen. The gaps of independent choices are distributed geometrically, so periodic
 * traffic can't hide from it as it could from "every hundredth".
 */
export class SkipSampler {
  readonly #rate: number;
  readonly #random: () => number;
  #skip: number;

  /**
   * @param rate share of the requests to choose, 0 to 1
   * @param random uniform in [0, 1)
   */
  constructor(rate: number, random: () => number = Math.random) {
    this.#rate = rate;
    this.#random = random;
    this.#skip = this.#draw();
  }

  /** Whether this one is chosen. */
  next(): boolean {
    if (this.#skip > 0) {
      this.#skip -= 1;
      return false;
    }
    this.#skip = this.#draw();
    return true;
  }

  #draw(): number {
    if (this.#rate <= 0) return Infinity;
    if (this.#rate >= 1) return 0;
    return Math.floor(Math.log(1 - this.#random()) / Math.log1p(-this.#rate));
  }
}
