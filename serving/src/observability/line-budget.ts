/**
 * So many lines a second and no more: what a flood of refusals may write. A second that begins renews the budget
 * whole; what was left unwritten is counted, so that the next line can say how many are missing.
 */
export class LineBudget {
  readonly #perSecond: number;
  readonly #nowMs: () => number;
  #second = Number.NEGATIVE_INFINITY;
  #spent = 0;
  #withheld = 0;

  constructor(perSecond: number, nowMs: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#nowMs = nowMs;
  }

  /** @returns how many lines were withheld since the last one that was not; undefined: withhold this one too */
  take(): number | undefined {
    const second = Math.floor(this.#nowMs() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#spent = 0;
    }
    if (this.#spent >= this.#perSecond) {
      this.#withheld += 1;
      return undefined;
    }
    this.#spent += 1;
    const withheld = this.#withheld;
    this.#withheld = 0;
    return withheld;
  }
}
