/**
 * Which offsets of one partition are being worked on, and up to where all are finished. They may finish in any
 * order; what may be committed is the prefix without a gap, so that a restart reads again whatever had no result.
 *
 * Offsets are numbers: Kafka's 64 bits are not used up within the 53 of a number.
 */
export class OffsetLedger {
  /** Taken and not yet committed, in ascending order. */
  #offsets: number[] = [];
  readonly #finished = new Set<number>();

  /** Offsets that are taken and not yet committed. */
  get size(): number {
    return this.#offsets.length;
  }

  /** @returns false: it is known, and must not be worked on twice */
  take(offset: number): boolean {
    const last = this.#offsets.at(-1);
    if (last === undefined || offset > last) {
      this.#offsets.push(offset);
      return true;
    }
    const at = this.#indexOf(offset);
    if (this.#offsets[at] === offset) return false;
    this.#offsets.splice(at, 0, offset);
    return true;
  }

  /** Its result is where it belongs. Of no effect for one that is not known. */
  finish(offset: number): void {
    if (this.#offsets[this.#indexOf(offset)] === offset) this.#finished.add(offset);
  }

  /** The offset to read next after a restart, so that nothing unfinished is skipped; undefined: nothing new. */
  committable(): number | undefined {
    let next: number | undefined;
    for (const offset of this.#offsets) {
      if (!this.#finished.has(offset)) break;
      next = offset + 1;
    }
    return next;
  }

  /** The broker knows that everything before `next` is finished. */
  committed(next: number): void {
    const count = this.#indexOf(next);
    for (const offset of this.#offsets.splice(0, count)) this.#finished.delete(offset);
  }

  /** Of the first offset that is not below this one. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
