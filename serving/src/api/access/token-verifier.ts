import { hash } from 'node:crypto';
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Logger } from 'pino';
import { messageOf } from '../../errors.js';
import type { CredentialFailure, AccessMetrics } from '../../metrics/access.js';
import type { Caller } from './caller.js';
import { KeySetReader } from './key-set-reader.js';

/** How tokens (JWT) are checked. */
export interface TokenSettings {
  /** Where the issuer publishes its keys. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** Asymmetric ones only: with a shared secret, whoever can check a token could make one. */
  readonly algorithms: readonly string[];
  /** How far the issuer's clock may be off. */
  readonly clockToleranceSeconds: number;
}

export interface VerifiedToken {
  readonly caller: Caller;
  readonly scopes: ReadonlySet<string>;
  /** Milliseconds since 1970, on this side's clock. */
  readonly expiresAtMs: number;
}

export interface TokenVerifierLimits {
  /** How often the issuer's keys are read. */
  readonly refreshMs?: number;
  /** The shortest time between two reads for tokens that name an unknown key. */
  readonly cooldownMs?: number;
  /** The shortest time between two reads after one that failed. */
  readonly pauseMs?: number;
  readonly timeoutMs?: number;
  /** Tokens that are answered for at once; of more, those that were not seen for longest are checked again. */
  readonly remembered?: number;
}

const REFRESH_MS = 10 * 60_000;
const COOLDOWN_MS = 30_000;
const PAUSE_MS = 1_000;
const TIMEOUT_MS = 5_000;
/** A key that its issuer has withdrawn works this much longer, with tokens that were seen before. */
const MAX_REMEMBERED_MS = 10 * 60_000;
const MAX_REMEMBERED = 5_000;
const MAX_SUBJECT_LENGTH = 128;

function scopesOf({ scope, scp }: JWTPayload): ReadonlySet<string> {
  const list = scope ?? scp;
  if (typeof list === 'string') return new Set(list.split(' '));
  return new Set(Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : []);
}

/**
 * What an error of jose means. Nothing of the token gets into it: the reason is all that anyone is told.
 * What jose does not blame on the token is a failure to get the keys.
 */
function failureOf(error: unknown): CredentialFailure {
  if (error instanceof errors.JWTExpired) return 'expired_token';
  const blamesToken =
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys;
  return blamesToken ? 'invalid_token' : 'keys_unavailable';
}

/**
 * Checks tokens against the published keys of their issuer. A token that was seen before is answered for at once,
 * so that the path of a prediction has nothing to wait for. The issuer's keys are read beforehand and again every
 * few minutes; while the issuer can't be reached, those that are known stay good.
 */
export class TokenVerifier {
  readonly #settings: TokenSettings;
  readonly #now: () => number;
  readonly #metrics: AccessMetrics;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  readonly #timer: NodeJS.Timeout;
  readonly #remembered: number;
  /** By digest, least recently seen first: a heap dump must not hold credentials. */
  readonly #seen = new Map<string, VerifiedToken & { readonly forgetAtMs: number }>();
  readonly #checking = new Map<string, Promise<VerifiedToken | CredentialFailure>>();

  constructor(
    settings: TokenSettings,
    log: Logger,
    metrics: AccessMetrics,
    {
      refreshMs = REFRESH_MS,
      cooldownMs = COOLDOWN_MS,
      pauseMs = PAUSE_MS,
      timeoutMs = TIMEOUT_MS,
      remembered = MAX_REMEMBERED,
    }: TokenVerifierLimits = {},
    now: () => number = Date.now,
  ) {
    this.#settings = settings;
    this.#metrics = metrics;
    this.#remembered = remembered;
    this.#now = now;
    const reader = new KeySetReader(pauseMs, {
      failing(error) {
        log.warn(
          { cause: messageOf(error) },
          `the keys of the token issuer at ${settings.jwksUrl} can't be read; those that are known stay`,
        );
      },
      recovered() {
        log.info(`the keys of the token issuer at ${settings.jwksUrl} can be read again`);
      },
    });
    this.#keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
      timeoutDuration: timeoutMs,
      cooldownDuration: cooldownMs,
      // Refreshed by the timer below, so that keys outlive their issuer's absence.
      cacheMaxAge: Infinity,
      [customFetch]: (url, options) => reader.read(url, options),
    });
    this.#timer = setInterval(() => void this.refresh(), refreshMs).unref();
  }

  /** Reads the issuer's keys. Never rejects: without an answer the known ones stay. */
  async refresh(): Promise<void> {
    try {
      await this.#keys.reload();
      this.#metrics.reloaded('ok');
    } catch {
      this.#metrics.reloaded('failed');
    }
  }

  /** @returns at once for a token that was seen before; the reason when the token is not good */
  verify(token: string): VerifiedToken | CredentialFailure | Promise<VerifiedToken | CredentialFailure> {
    const digest = hash('sha256', token, 'base64');
    const seen = this.#seen.get(digest);
    if (seen !== undefined) {
      this.#seen.delete(digest);
      const now = this.#now();
      if (seen.expiresAtMs <= now) return 'expired_token';
      if (seen.forgetAtMs > now) {
        this.#seen.set(digest, seen);
        return seen;
      }
    }
    let checking = this.#checking.get(digest);
    if (checking === undefined) {
      checking = this.#check(token, digest).finally(() => this.#checking.delete(digest));
      this.#checking.set(digest, checking);
    }
    return checking;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #check(token: string, digest: string): Promise<VerifiedToken | CredentialFailure> {
    const { issuer, audience, algorithms, clockToleranceSeconds } = this.#settings;
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(this.#now()),
      }));
    } catch (error) {
      return failureOf(error);
    }
    const { sub, exp } = payload;
    if (sub === undefined || sub === '' || sub.length > MAX_SUBJECT_LENGTH) return 'invalid_token';
    const now = this.#now();
    const verified = {
      caller: { id: sub, authenticated: true },
      scopes: scopesOf(payload),
      expiresAtMs: (exp! + clockToleranceSeconds) * 1_000,
      forgetAtMs: now + MAX_REMEMBERED_MS,
    };
    if (this.#seen.size >= this.#remembered) this.#seen.delete(this.#seen.keys().next().value!);
    this.#seen.set(digest, verified);
    return verified;
  }
}
