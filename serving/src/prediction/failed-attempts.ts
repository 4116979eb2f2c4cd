import { RequestError, type RequestErrorCode } from '../errors.js';
import type { ServableId } from '../servables/servable.js';
import type { Borrowed } from './prediction-service.js';

/** A version that was asked to compute rows, and did not. */
export interface FailedAttempt {
  readonly servable: ServableId;
  /** Under which it is served. */
  readonly alias: string;
  readonly requestId: string;
  readonly error: RequestError;
}

/** Told of attempts that failed, whoever answered then. Must not throw. */
export interface FailureObserver {
  failed(attempt: FailedAttempt): void;
  /** Another version has answered the same rows. */
  answeredByAnother(attempt: FailedAttempt): void;
}

/** What says something about the version that was asked, and not about the request or the load. */
const FAILURES: ReadonlySet<RequestErrorCode> = new Set(['PREDICTION_FAILED', 'DEADLINE_EXCEEDED']);

/**
 * The attempts at one request that failed, and who makes the next one.
 *
 *   canary ---PREDICTION_FAILED, SIGNATURE_MISMATCH---> champion ---PREDICTION_FAILED---> standby
 *
 * The champion's signature is the one that clients know: what a canary refuses and the champion answers is the
 * canary's failure, and what both refuse is the client's.
 */
export class FailedAttempts {
  readonly #requestId: string;
  readonly #observer: FailureObserver | undefined;
  readonly #failed: FailedAttempt[] = [];
  /** What the client is told if nobody answers. */
  #told: unknown;

  constructor(requestId: string, observer: FailureObserver | undefined) {
    this.#requestId = requestId;
    this.#observer = observer;
  }

  /** @returns who is to answer instead. @throws what the client is told, where there is nobody */
  after({ handle, alias, role, otherwise }: Borrowed, error: unknown): Borrowed {
    // A standby stands in for the champion, whose failure it then stays.
    if (role !== 'standby' || this.#told === undefined) this.#told = error;
    if (error instanceof RequestError) {
      const attempt = { servable: handle.servable.id, alias, requestId: this.#requestId, error };
      // A shadow that a tester asked for by name is no traffic.
      if (FAILURES.has(error.code) && role !== 'shadow') this.#observer?.failed(attempt);
      if (error.code === 'PREDICTION_FAILED' || (error.code === 'SIGNATURE_MISMATCH' && role === 'canary')) {
        const next = otherwise?.();
        if (next !== undefined) {
          this.#failed.push(attempt);
          return next;
        }
      }
    }
    throw this.#told;
  }

  /** The attempt that followed the failed ones was none. */
  answered(): void {
    for (const attempt of this.#failed) {
      if (!FAILURES.has(attempt.error.code)) this.#observer?.failed(attempt);
      this.#observer?.answeredByAnother(attempt);
    }
  }
}
