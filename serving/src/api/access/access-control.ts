import type { IncomingHttpHeaders } from 'node:http';
import { RequestError } from '../../errors.js';
import type { CredentialFailure, AccessMetrics } from '../../metrics/access.js';
import type { ApiKey } from './api-keys.js';
import type { AccessControl, Caller } from './caller.js';
import type { ClientAddresses } from './client-address.js';
import { requirementOf, type Requirement, type RoutePolicy } from './route-policy.js';
import type { VerifiedToken } from './token-verifier.js';

/** Where the credentials are checked; undefined where no route needs that kind. */
export interface CredentialChecks {
  readonly keys: { find(key: string): ApiKey | undefined } | undefined;
  readonly tokens:
    | {
        verify(token: string): VerifiedToken | CredentialFailure | Promise<VerifiedToken | CredentialFailure>;
      }
    | undefined;
}

export interface AccessRules {
  readonly policy: RoutePolicy;
  /** Routes of predictions: on these a token needs the scope. */
  readonly predictionRoutes: ReadonlySet<string>;
  /** undefined: any valid token will do. */
  readonly predictionScope: string | undefined;
}

type Credential =
  { readonly kind: 'key'; readonly value: string } | { readonly kind: 'token'; readonly value: string };

const BEARER = /^bearer +(\S+) *$/i;
/** Three parts: a token. Keys have no dots. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** What a request brings of the kinds that its route accepts. */
function credentialIn(
  { 'x-api-key': apiKey, authorization }: IncomingHttpHeaders,
  requirement: Exclude<Requirement, 'off'>,
): Credential | undefined {
  if (requirement !== 'jwt' && typeof apiKey === 'string' && apiKey !== '') {
    return { kind: 'key', value: apiKey };
  }
  const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  if (bearer === undefined) return undefined;
  if (requirement === 'jwt' || (requirement === 'any' && TOKEN.test(bearer))) {
    return { kind: 'token', value: bearer };
  }
  return { kind: 'key', value: bearer };
}

const EXPECTED = {
  'api-key': 'an API key (x-api-key, or authorization: Bearer <key>)',
  jwt: 'a token (authorization: Bearer <token>)',
  any: 'an API key (x-api-key, or authorization: Bearer <key>) or a token (authorization: Bearer <token>)',
} as const;

function refusal(reason: CredentialFailure, requirement: Exclude<Requirement, 'off'>): RequestError {
  switch (reason) {
    case 'missing_credential':
      return new RequestError('UNAUTHORIZED', `Expected ${EXPECTED[requirement]}`);
    case 'unknown_key':
      return new RequestError('UNAUTHORIZED', 'The API key is not known here');
    case 'expired_key':
      return new RequestError('UNAUTHORIZED', 'The API key has expired');
    case 'expired_token':
      return new RequestError('UNAUTHORIZED', 'The token has expired');
    case 'missing_scope':
      return new RequestError('FORBIDDEN', 'The token lacks the scope that predictions need');
    case 'route_not_granted':
      return new RequestError('FORBIDDEN', 'The API key is not good for this route');
    case 'keys_unavailable':
      return new RequestError(
        'AUTHENTICATION_UNAVAILABLE',
        'The keys of the token issuer could not be read; try again',
      );
    case 'invalid_token':
      // Which check a token failed is told to nobody who might be guessing.
      return new RequestError('UNAUTHORIZED', 'The token is not valid here');
  }
}

/**
 * Access by API key or token, route by route. Where a route needs neither, the caller is its address, and costs
 * next to nothing; a key costs one SHA-256, a token that was seen before the same.
 */
export class RouteAccessControl implements AccessControl {
  readonly #checks: CredentialChecks;
  readonly #rules: AccessRules;
  readonly #addresses: ClientAddresses;
  readonly #metrics: AccessMetrics;
  readonly #now: () => number;
  readonly #requirements = new Map<string, Requirement>();

  constructor(
    checks: CredentialChecks,
    rules: AccessRules,
    addresses: ClientAddresses,
    metrics: AccessMetrics,
    now: () => number = Date.now,
  ) {
    this.#checks = checks;
    this.#rules = rules;
    this.#addresses = addresses;
    this.#metrics = metrics;
    this.#now = now;
  }

  identify(
    route: string,
    headers: IncomingHttpHeaders,
    remoteAddress: string | undefined,
  ): Caller | Promise<Caller> {
    const requirement = this.#requirement(route);
    if (requirement === 'off') {
      return {
        id: this.#addresses.clientOf(remoteAddress, headers['x-forwarded-for']),
        authenticated: false,
      };
    }
    const credential = credentialIn(headers, requirement);
    if (credential === undefined) return this.#refuse('missing_credential', requirement);
    if (credential.kind === 'key') return this.#byKey(credential.value, route, requirement);
    const verified = this.#checks.tokens!.verify(credential.value);
    return verified instanceof Promise
      ? verified.then((result) => this.#byToken(result, route, requirement))
      : this.#byToken(verified, route, requirement);
  }

  #byKey(value: string, route: string, requirement: Exclude<Requirement, 'off'>): Caller {
    const key = this.#checks.keys!.find(value);
    if (key === undefined) return this.#refuse('unknown_key', requirement);
    if (key.expiresAtMs <= this.#now()) return this.#refuse('expired_key', requirement);
    if (!key.mayCall(route)) return this.#refuse('route_not_granted', requirement);
    return key.caller;
  }

  #byToken(
    verified: VerifiedToken | CredentialFailure,
    route: string,
    requirement: Exclude<Requirement, 'off'>,
  ): Caller {
    if (typeof verified === 'string') return this.#refuse(verified, requirement);
    const { predictionRoutes, predictionScope } = this.#rules;
    if (
      predictionScope !== undefined &&
      predictionRoutes.has(route) &&
      !verified.scopes.has(predictionScope)
    ) {
      return this.#refuse('missing_scope', requirement);
    }
    return verified.caller;
  }

  /** Routes are a closed set, so this does not grow. */
  #requirement(route: string): Requirement {
    let requirement = this.#requirements.get(route);
    if (requirement === undefined) {
      requirement = requirementOf(this.#rules.policy, route);
      this.#requirements.set(route, requirement);
    }
    return requirement;
  }

  #refuse(reason: CredentialFailure, requirement: Exclude<Requirement, 'off'>): never {
    this.#metrics.failed(reason);
    throw refusal(reason, requirement);
  }
}
