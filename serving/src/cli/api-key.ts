import { hash, randomBytes } from 'node:crypto';
import type { ApiKeyEntry } from '../api/access/api-keys.js';

/** Says at a glance, to people and to scanners for leaked credentials, what a stray key is. */
const PREFIX = 'msk_';
const KEY_BYTES = 32;
const DAY_MS = 86_400_000;

/** What to give to a client, once, and what to keep of it. */
export interface NewApiKey {
  readonly key: string;
  /** Belongs under `keys` of API_KEYS_FILE. The key can't be found out from it. */
  readonly entry: ApiKeyEntry;
}

/** What a key is good for; all of it where nothing is said. */
export interface KeyLimits {
  readonly models?: readonly string[] | undefined;
  /** As in AUTH_ROUTES. */
  readonly routes?: readonly string[] | undefined;
}

/**
 * @param expiresInDays undefined: never
 * @param now milliseconds since 1970
 */
export function newApiKey(
  name: string,
  expiresInDays: number | undefined,
  now: number,
  { models, routes }: KeyLimits = {},
): NewApiKey {
  const key = `${PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`;
  return {
    key,
    entry: {
      name,
      sha256: hash('sha256', key, 'hex'),
      ...(models !== undefined && { models: [...models] }),
      ...(routes !== undefined && { routes: [...routes] }),
      ...(expiresInDays !== undefined && {
        expires_at: new Date(now + expiresInDays * DAY_MS).toISOString(),
      }),
    },
  };
}
