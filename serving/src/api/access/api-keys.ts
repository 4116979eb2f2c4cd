import { hash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { Caller } from './caller.js';
import { routeMatches } from './route-policy.js';

const MAX_KEYS = 10_000;

/** Whom a key stands for. */
export const apiKeyName = z
  .string()
  .regex(/^[\w.@-]{1,64}$/, 'must be of letters, digits, `_`, `.`, `@` and `-`, at most 64');

const entry = z.strictObject({
  name: apiKeyName,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  /** Routes this key is good for, as in AUTH_ROUTES; without it, all. */
  routes: z.array(z.string().min(1)).min(1).optional(),
  /** Models this key is good for; without it, all. */
  models: z.array(z.string().min(1)).min(1).optional(),
  expires_at: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2027-01-31T00:00:00Z' })
    .optional(),
});

const file = z.strictObject({ keys: z.array(entry).max(MAX_KEYS) });

/** What a file keeps of a key. */
export type ApiKeyEntry = z.infer<typeof entry>;

/** One key: whom it stands for, and what it is good for. */
export interface ApiKey {
  readonly caller: Caller;
  /** Milliseconds since 1970; the key is void from then on. */
  readonly expiresAtMs: number;
  mayCall(route: string): boolean;
}

function sha256(key: string): string {
  return hash('sha256', key, 'hex');
}

function toApiKey({ name, routes, models, expires_at: expiresAt }: ApiKeyEntry): ApiKey {
  return {
    caller: { id: name, authenticated: true, ...(models !== undefined && { models: new Set(models) }) },
    expiresAtMs: expiresAt === undefined ? Infinity : Date.parse(expiresAt),
    mayCall: (route) => routes === undefined || routes.some((pattern) => routeMatches(pattern, route)),
  };
}

/**
 * API keys by their SHA-256. A fast hash is enough, without salt or stretching: a key has 256 random bits, so there is
 * no dictionary to try, and a slow hash on every request would be a denial of service built in. A look-up by
 * digest takes a time that says nothing about a key: whoever varies a key varies its digest beyond control.
 */
export class ApiKeys {
  readonly #byDigest: ReadonlyMap<string, ApiKey>;

  private constructor(byDigest: ReadonlyMap<string, ApiKey>) {
    this.#byDigest = byDigest;
  }

  /**
   * @param text JSON or YAML: `{keys: [{name, sha256, routes?, models?, expires_at?}]}`
   * @throws {Error} that says which entry is wrong, and never repeats a value
   */
  static parse(text: string): ApiKeys {
    let content: unknown;
    try {
      content = parseYaml(text, { logLevel: 'error', maxAliasCount: 0 });
    } catch {
      // The parser's message quotes the line.
      throw new Error('it is neither JSON nor YAML');
    }
    const result = file.safeParse(content);
    if (!result.success) {
      throw new Error(
        result.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; '),
      );
    }
    const byDigest = new Map<string, ApiKey>();
    for (const [i, key] of result.data.keys.entries()) {
      if (byDigest.has(key.sha256)) throw new Error(`keys.${i}.sha256: is there twice`);
      byDigest.set(key.sha256, toApiKey(key));
    }
    return new ApiKeys(byDigest);
  }

  get size(): number {
    return this.#byDigest.size;
  }

  /** Milliseconds since 1970, which may be over; Infinity where no key has an end. */
  get firstExpiryMs(): number {
    return Math.min(...Array.from(this.#byDigest.values(), ({ expiresAtMs }) => expiresAtMs));
  }

  find(key: string): ApiKey | undefined {
    return this.#byDigest.get(sha256(key));
  }
}
