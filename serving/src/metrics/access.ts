import { Counter, Gauge, type Registry } from 'prom-client';

/** Why a credential was not good enough. */
const CREDENTIAL_FAILURES = [
  'missing_credential',
  'unknown_key',
  'expired_key',
  'invalid_token',
  'expired_token',
  'missing_scope',
  'route_not_granted',
  'keys_unavailable',
] as const;

/** A closed set: it is the label of a metric. */
export type CredentialFailure = (typeof CREDENTIAL_FAILURES)[number];

/** Who was not let in and why, and the credentials that are known. */
export class AccessMetrics {
  readonly #failures: Counter<'reason'>;
  readonly #keys: Gauge;
  readonly #keyExpiry: Gauge;
  readonly #reloads: Counter<'outcome'>;

  constructor(registry: Registry) {
    this.#failures = new Counter({
      name: 'serving_auth_failures_total',
      help: 'Predictions and model queries refused for the credential that they brought or lacked',
      labelNames: ['reason'],
      registers: [registry],
    });
    for (const reason of CREDENTIAL_FAILURES) this.#failures.inc({ reason }, 0);
    this.#keys = new Gauge({
      name: 'serving_api_keys',
      help: 'API keys that are known, expired ones included',
      // Workers read the same file.
      aggregator: 'max',
      registers: [registry],
    });
    this.#keyExpiry = new Gauge({
      name: 'serving_api_key_expiry_timestamp_seconds',
      help: 'When the first API key expires, or did, of those in the file that have an end; absent where none has',
      // Of a file that changes right now, the worker that knows of the sooner end.
      aggregator: 'min',
      registers: [registry],
    });
    // Without labels a gauge would begin at 0, which is a time.
    this.#keyExpiry.remove();
    this.#reloads = new Counter({
      name: 'serving_credential_reloads_total',
      help: 'Reads of API keys and of the keys of the token issuer; a failed one leaves what was known',
      labelNames: ['outcome'],
      registers: [registry],
    });
    for (const outcome of ['ok', 'failed']) this.#reloads.inc({ outcome }, 0);
  }

  failed(reason: CredentialFailure): void {
    this.#failures.inc({ reason });
  }

  /** @param firstExpiryMs milliseconds since 1970; Infinity: no key has an end */
  knowsKeys(count: number, firstExpiryMs: number): void {
    this.#keys.set(count);
    if (firstExpiryMs === Infinity) this.#keyExpiry.remove();
    else this.#keyExpiry.set(firstExpiryMs / 1_000);
  }

  reloaded(outcome: 'ok' | 'failed'): void {
    this.#reloads.inc({ outcome });
  }
}
