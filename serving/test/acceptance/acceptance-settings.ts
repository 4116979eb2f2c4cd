import { z } from 'zod';

const optional = z.string().optional();
const positive = (fallback: number) => z.coerce.number().positive().default(fallback);

const origin = z
  .url({ protocol: /^https?$/, error: 'must be http://host or https://host, with a port where it needs one' })
  .transform((text) => new URL(text))
  .refine((url) => url.pathname === '/' && url.search === '', 'must have no path: routes are known');

const variables = z.object({
  /** Where clients reach the tier. */
  TARGET: z.string({ error: 'is missing: TARGET=https://scoring.example.com' }).pipe(origin),
  /** The name that a gateway knows the tier by, where TARGET is an address. */
  TARGET_HOST: optional,
  /** A file with nothing but a key. Given: the tier must refuse whoever brings none. */
  API_KEY_FILE: optional,
  /** The management port, where this machine reaches it. */
  MANAGEMENT_TARGET: origin.optional(),
  /** Rows as JSON, a list of objects: for a tier that publishes no description of itself (API_DOCS=off). */
  ROWS: optional,
  /** How long a tier that has just been started may take to become ready. */
  READY_WITHIN_SECONDS: positive(60),
  /** Requests over connections that are kept, and how fast they follow. An edge counts them as one client's. */
  REQUESTS: positive(300),
  REQUESTS_PER_SECOND: positive(50),
  /** Generous: it is there to notice what is broken, not to measure. */
  P99_MS: positive(1_000),
  /** Where what comes without TLS is sent to https. */
  PLAIN_PORT: z.coerce.number().int().positive().optional(),
});

export interface AcceptanceSettings {
  readonly target: URL;
  readonly host: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly managementTarget: URL | undefined;
  readonly rowsFile: string | undefined;
  readonly readyWithinMs: number;
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  /** undefined: 80, where the target is on 443; elsewhere nobody knows. */
  readonly plainPort: number | undefined;
}

/** @throws in words for whoever called `make acceptance` */
export function readAcceptanceSettings(env: NodeJS.ProcessEnv): AcceptanceSettings {
  // Make passes an unset variable as an empty string.
  const given = Object.entries(env).filter(([, value]) => value !== '');
  const read = variables.safeParse(Object.fromEntries(given));
  if (!read.success) {
    const faults = read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new Error(`make acceptance: ${faults.join('; ')}`);
  }
  const raw = read.data;
  return {
    target: raw.TARGET,
    host: raw.TARGET_HOST,
    apiKeyFile: raw.API_KEY_FILE,
    managementTarget: raw.MANAGEMENT_TARGET,
    rowsFile: raw.ROWS,
    readyWithinMs: raw.READY_WITHIN_SECONDS * 1000,
    requests: Math.ceil(raw.REQUESTS),
    requestsPerSecond: raw.REQUESTS_PER_SECOND,
    p99Ms: raw.P99_MS,
    plainPort: raw.PLAIN_PORT,
  };
}
