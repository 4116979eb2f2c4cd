import { RequestError } from '../errors.js';

const NANOSECONDS_PER_MS = 1e6;

function nanoseconds(ms: number): number {
  return Math.ceil(ms * NANOSECONDS_PER_MS);
}

/**
 * Keeps the queue short: what could not be answered in time is refused at once, while refusing is cheap.
 *
 * The queue is measured in milliseconds of work, not in requests, because one request may be a row or fifty
 * thousand. Each client may fill its share of it, the queue divided by those who have work in it, so that a flood
 * from one is refused before it costs the others their places. Where the queue is short, nobody is refused.
 */
export class Admission {
  readonly #limit: number;
  // Whole nanoseconds: what is taken away is then exactly what was added, in whatever order.
  readonly #clients = new Map<string, number>();
  #queued = 0;
  #peak = 0;

  /** @param maxQueueMs work that may wait; Infinity switches refusals off */
  constructor(maxQueueMs: number) {
    this.#limit = nanoseconds(maxQueueMs);
  }

  /** Work that was admitted and is not done, in milliseconds. */
  get queuedMs(): number {
    return this.#queued / NANOSECONDS_PER_MS;
  }

  /**
   * The most that this has been since the queue was last empty; in an empty queue, what it was before. A batch takes all
   * that waits out of the queue at once: who is answered then sees here in what company he was.
   */
  get peakMs(): number {
    return this.#peak / NANOSECONDS_PER_MS;
  }

  /** Clients that have work in the queue. */
  get clients(): number {
    return this.#clients.size;
  }

  /**
   * Refuses what would be refused whatever it is. Of use before a body is read.
   * @throws {RequestError} OVERLOADED or RATE_LIMITED
   */
  check(client: string): void {
    this.#admit(client, 0);
  }

  /**
   * Every admission is followed by one `leave` with the same arguments.
   *
   * @param costMs work that it brings; more than none
   * @param deadline `performance.now()` from which on the answer is of no use
   * @throws {RequestError} OVERLOADED, RATE_LIMITED or DEADLINE_EXCEEDED
   */
  enter(client: string, costMs: number, deadline: number): void {
    const cost = nanoseconds(costMs);
    const own = this.#admit(client, cost);
    if (deadline !== Infinity && deadline - performance.now() < this.queuedMs) {
      throw new RequestError(
        'DEADLINE_EXCEEDED',
        'The work that waits takes longer than the time that the client gave',
      );
    }
    this.#add(client, own, cost);
  }

  /**
   * Admits what was admitted before and is done once more: it waited for its turn already. Followed by one `leave` with
   * the same arguments, too.
   */
  readmit(client: string, costMs: number): void {
    this.#add(client, this.#clients.get(client) ?? 0, nanoseconds(costMs));
  }

  leave(client: string, costMs: number): void {
    const cost = nanoseconds(costMs);
    const own = (this.#clients.get(client) ?? 0) - cost;
    if (own > 0) this.#clients.set(client, own);
    else this.#clients.delete(client);
    this.#queued -= cost;
  }

  #add(client: string, own: number, cost: number): void {
    this.#peak = this.#queued === 0 ? cost : Math.max(this.#peak, this.#queued + cost);
    this.#queued += cost;
    this.#clients.set(client, own + cost);
  }

  /** @returns the work that the client has in the queue */
  #admit(client: string, cost: number): number {
    const own = this.#clients.get(client) ?? 0;
    const queued = this.#queued + cost;
    const limit = this.#limit;
    // Whatever its size, a request is admitted to an empty queue: there is no better time for it.
    if (queued <= limit / 2 || this.#queued === 0) return own;
    const others = this.#clients.size - (own > 0 ? 1 : 0);
    const isWithinShare = own + cost <= limit / (others + 1);
    // Who comes into a queue that others filled still gets his share of it.
    if (isWithinShare && queued <= 2 * limit) return own;
    if (isWithinShare || own === 0 || others === 0) {
      throw new RequestError('OVERLOADED', 'More work waits than can be done in time; try again later');
    }
    throw new RequestError(
      'RATE_LIMITED',
      'This client has more than its share of the waiting work; try again later, with less at once',
    );
  }
}
