import { isIP } from 'node:net';
import { z } from 'zod';
import { isNetwork } from './networks.js';
import { policyNeeds, REQUIREMENTS, type RoutePolicy } from './route-policy.js';
import type { TokenSettings } from './token-verifier.js';

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

function listOf<T extends z.ZodType<unknown, string>>(entry: T) {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(entry).min(1));
}

const networks = listOf(
  z.string().refine(isNetwork, { error: 'must be networks such as 10.0.0.0/8,fd00::/8' }),
);

function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

const routeRule = z
  .string()
  .regex(/^[^=]+=[^=]+$/, 'must be route=off|api-key|jwt|any,...')
  .transform((text) => text.split('='))
  .pipe(z.tuple([z.string(), z.enum(REQUIREMENTS)], { error: 'must be route=off|api-key|jwt|any,...' }))
  .transform(([pattern, requirement]) => ({ pattern, requirement }));

/** Who may ask what: the variables of the environment, which config.ts reads. */
export const accessVariables = z.object({
  /** What a request must bring: nothing, an API key, a token (JWT), or either. Health is open in any case. */
  AUTH: z.enum(REQUIREMENTS).default('off'),
  /**
   * Routes that differ from AUTH, such as `/docs*=off,grpc/*=jwt`: a `*` at the end stands for the rest, and the
   * longest match wins. One that matches no route keeps the tier from starting: it was meant to close something.
   */
  AUTH_ROUTES: listOf(routeRule).default([]),
  /** JSON or YAML with hashed keys, as `api-key new` prints them; read again when it changes. Unusable at the start: no start. Later: the keys stay as they were. */
  API_KEYS_FILE: z.string().min(1).optional(),

  /** Where the token issuer publishes its keys. Unreachable: tokens that were not seen before get 503. */
  JWT_JWKS_URL: z
    .url()
    .refine(
      (text) => {
        if (!URL.canParse(text)) return false;
        const { protocol, hostname } = new URL(text);
        return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
      },
      { error: 'must be https, or http on this machine: whoever can change the keys can make tokens' },
    )
    .optional(),
  /** `iss` and `aud` of every token. Wrong: every token is refused. */
  JWT_ISSUER: z.string().min(1).optional(),
  JWT_AUDIENCE: z.string().min(1).optional(),
  JWT_ALGORITHMS: listOf(z.enum(ALGORITHMS)).default(['RS256', 'ES256', 'EdDSA']),
  /** Scope that predictions need, in `scope` or `scp`; `none`: any valid token will do. */
  JWT_PREDICTION_SCOPE: z.string().regex(/^\S+$/).default('predict'),
  /** How far the issuer's clock may be off. Too long: expired tokens work for longer. */
  JWT_CLOCK_TOLERANCE_SECONDS: z.coerce.number().nonnegative().max(300).default(5),

  /** Proxies whose `x-forwarded-for` names the client. Too wide: clients can call themselves anything. Missing: they all count as one. */
  TRUSTED_PROXIES: networks.default([]),

  /** Who may use the management port, by address of the connection; health is open. Too narrow: 403. */
  MANAGEMENT_ALLOW: networks.default(['127.0.0.0/8', '::1']),
  /** Who may read `/metrics` besides those: where Prometheus scrapes from, such as the pods' network. */
  METRICS_ALLOW: networks.default([]),
  /** Names under which the management port may be asked, besides localhost and addresses; `*.` at the start for all below. Missing: 403. */
  MANAGEMENT_NAMES: listOf(
    z.string().regex(/^(\*\.)?[A-Za-z0-9.-]+$/, 'must be names such as serving.example,*.serving.svc'),
  ).default([]),
});

/** Who may use the management port. */
export interface ManagementAccessSettings {
  readonly allow: readonly string[];
  readonly metricsAllow: readonly string[];
  readonly names: readonly string[];
}

export interface AccessSettings {
  readonly policy: RoutePolicy;
  /** There when a route needs API keys. */
  readonly apiKeysFile: string | undefined;
  /** There when a route needs tokens. */
  readonly tokens: TokenSettings | undefined;
  /** undefined: any valid token will do for predictions. */
  readonly predictionScope: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly management: ManagementAccessSettings;
}

/** @throws {Error} naming the variables that the policy needs and lacks */
export function accessSettings(raw: z.infer<typeof accessVariables>): AccessSettings {
  const policy: RoutePolicy = { everywhere: raw.AUTH, rules: raw.AUTH_ROUTES };
  const {
    API_KEYS_FILE: apiKeysFile,
    JWT_JWKS_URL: jwksUrl,
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: audience,
  } = raw;
  const needsKeys = policyNeeds(policy, 'api-key');
  const needsTokens = policyNeeds(policy, 'jwt');
  const missing = [
    ...(needsKeys && apiKeysFile === undefined ? ['API_KEYS_FILE'] : []),
    ...(needsTokens && jwksUrl === undefined ? ['JWT_JWKS_URL'] : []),
    ...(needsTokens && issuer === undefined ? ['JWT_ISSUER'] : []),
    ...(needsTokens && audience === undefined ? ['JWT_AUDIENCE'] : []),
  ];
  if (missing.length > 0) throw new Error(`${missing.join(', ')}: needed by AUTH or AUTH_ROUTES`);
  return {
    policy,
    apiKeysFile: needsKeys ? apiKeysFile : undefined,
    tokens: needsTokens
      ? {
          jwksUrl: jwksUrl!,
          issuer: issuer!,
          audience: audience!,
          algorithms: raw.JWT_ALGORITHMS,
          clockToleranceSeconds: raw.JWT_CLOCK_TOLERANCE_SECONDS,
        }
      : undefined,
    predictionScope: raw.JWT_PREDICTION_SCOPE === 'none' ? undefined : raw.JWT_PREDICTION_SCOPE,
    trustedProxies: raw.TRUSTED_PROXIES,
    management: {
      allow: raw.MANAGEMENT_ALLOW,
      metricsAllow: raw.METRICS_ALLOW,
      names: raw.MANAGEMENT_NAMES,
    },
  };
}
