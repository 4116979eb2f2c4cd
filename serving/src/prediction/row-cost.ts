/** The least of the first measurements counts: caches are cold at first, and one of them may have been disturbed. */
const FIRST_MEASUREMENTS = 8;
/** Weight of a measurement below what is known. Nothing makes a call faster than it is. */
const FALL = 0.3;
/** Weight of one above, which may be the machine's doing. */
const RISE = 0.1;
/** A measurement above this many times of what is known counts as this. */
const MAX_RISE = 2;
/** One call of the graph holds the event loop; longer than this it should not. */
const TARGET_CALL_MS = 10;
/** The clock is not finer; and from nothing nothing can rise. */
const LEAST_MS = 1e-4;

/**
 * What a row costs, in milliseconds, from measurements with the clock on the wall. That clock goes on while the
 * process waits for a core or collects garbage: a row that seems to have taken a second says nothing about the next
 * one, and believing it would fill the queue with work that is not there.
 */
export class RowCost {
  #known = 0;
  #measurements = 0;

  /** 0: nothing was measured yet. */
  get milliseconds(): number {
    return this.#known;
  }

  /**
   * Rows that a call may take so that it does not hold the event loop for too long; undefined: nothing is known.
   * @param limit for other reasons
   */
  rowsOfACall(limit: number): number | undefined {
    if (this.#known === 0) return undefined;
    return Math.max(1, Math.min(limit, Math.floor(TARGET_CALL_MS / this.#known)));
  }

  /** @param milliseconds of a call, divided by its rows */
  add(milliseconds: number): void {
    const measured = Math.max(LEAST_MS, milliseconds);
    const known = this.#known;
    this.#measurements += 1;
    if (this.#measurements === 1) this.#known = measured;
    else if (this.#measurements <= FIRST_MEASUREMENTS) this.#known = Math.min(known, measured);
    else if (measured < known) this.#known += FALL * (measured - known);
    else this.#known += RISE * (Math.min(measured, MAX_RISE * known) - known);
  }
}
