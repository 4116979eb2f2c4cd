import { createHmac, timingSafeEqual } from 'node:crypto';
import { RequestError } from '../errors.js';

/** Headers that MLflow sends with a webhook delivery. */
export interface WebhookHeaders {
  /** `v1,<base64 of HMAC-SHA256(secret, id.timestamp.body)>` */
  readonly signature: string | undefined;
  readonly deliveryId: string | undefined;
  /** Unix seconds. */
  readonly timestamp: string | undefined;
}

/** A delivery older or newer than this is refused, so ids need to be remembered no longer. */
const TOLERANCE_MS = 5 * 60_000;
const MAX_REMEMBERED = 10_000;

/** Checks that a delivery comes from whoever holds the secret, and comes once. */
export class WebhookVerifier {
  readonly #secret: string;
  readonly #now: () => number;
  /** Delivery id -> when it can be forgotten, in milliseconds. Oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(secret: string, now: () => number = Date.now) {
    this.#secret = secret;
    this.#now = now;
  }

  /**
   * @param body the bytes as received: a re-serialised body has another signature
   * @throws {RequestError} UNAUTHORIZED or REPLAYED_WEBHOOK
   */
  verify({ signature, deliveryId, timestamp }: WebhookHeaders, body: Buffer): void {
    if (signature === undefined || deliveryId === undefined || timestamp === undefined) {
      throw new RequestError(
        'UNAUTHORIZED',
        'Expected the headers X-MLflow-Signature, X-MLflow-Delivery-Id and X-MLflow-Timestamp',
      );
    }
    const expected = createHmac('sha256', this.#secret)
      .update(`${deliveryId}.${timestamp}.`)
      .update(body)
      .digest();
    const given = Buffer.from(/^v1,(.+)$/.exec(signature)?.[1] ?? '', 'base64');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new RequestError('UNAUTHORIZED', 'X-MLflow-Signature does not match the body');
    }
    const now = this.#now();
    const age = now - Number(timestamp) * 1_000;
    if (!(Math.abs(age) <= TOLERANCE_MS)) {
      throw new RequestError(
        'UNAUTHORIZED',
        'X-MLflow-Timestamp is not within five minutes of the clock here',
      );
    }
    this.#forget(now);
    if (this.#seen.has(deliveryId)) {
      throw new RequestError('REPLAYED_WEBHOOK', 'X-MLflow-Delivery-Id was delivered before');
    }
    this.#seen.set(deliveryId, now + 2 * TOLERANCE_MS);
  }

  #forget(now: number): void {
    for (const [id, forgetAt] of this.#seen) {
      if (forgetAt >= now && this.#seen.size < MAX_REMEMBERED) return;
      this.#seen.delete(id);
    }
  }
}
