import type { IncomingHttpHeaders } from 'node:http';
import { RequestError } from '../errors.js';

/** What every request may hold without being counted: bodies of this size cost nobody a thought. */
export const UNCOUNTED_BYTES = 64 * 1024;

/** What one request holds of the budget. */
export class BodyLease {
  readonly #budget: BodyBudget;
  #bytes = 0;

  constructor(budget: BodyBudget) {
    this.#budget = budget;
  }

  /**
   * Says what is announced, which takes nothing yet.
   * @throws {RequestError} OVERLOADED when there is no room for it at present
   */
  announce(bytes: number): void {
    this.#budget.check(bytes - UNCOUNTED_BYTES);
  }

  /**
   * Counts bytes that arrived.
   * @throws {RequestError} OVERLOADED when the budget does not have them; what was counted before stays counted
   */
  add(bytes: number): void {
    const before = Math.max(0, this.#bytes - UNCOUNTED_BYTES);
    const after = Math.max(0, this.#bytes + bytes - UNCOUNTED_BYTES);
    this.#budget.take(after - before);
    this.#bytes += bytes;
  }

  /** Gives everything back. May be called again. */
  release(): void {
    this.#budget.give(Math.max(0, this.#bytes - UNCOUNTED_BYTES));
    this.#bytes = 0;
  }
}

/**
 * Bounds the bytes of bodies that all requests hold together. Without it, every connection could bring a body of the
 * largest size at the same time.
 *
 * Bytes count when they have arrived, not when they are announced: a client that announces much and sends nothing
 * takes nothing from others.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  #heldBytes = 0;

  /** @param maxBytes beyond what each request may have uncounted */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** For a request whose body is to be read; undefined where that is announced to be too small to be counted. */
  lease({
    'content-length': announced,
    'transfer-encoding': encoding,
  }: IncomingHttpHeaders): BodyLease | undefined {
    const isSmall = encoding === undefined && Number(announced ?? 0) <= UNCOUNTED_BYTES;
    return isSmall ? undefined : new BodyLease(this);
  }

  /** @throws {RequestError} OVERLOADED when there is no room for so much */
  check(bytes: number): void {
    if (bytes > 0 && this.#heldBytes + bytes > this.#maxBytes) {
      throw new RequestError('OVERLOADED', 'Too many bytes of large requests are held; try again later');
    }
  }

  /** For leases. @throws {RequestError} OVERLOADED */
  take(bytes: number): void {
    this.check(bytes);
    this.#heldBytes += bytes;
  }

  /** For leases. */
  give(bytes: number): void {
    this.#heldBytes -= bytes;
  }
}
