import { isIPv4 } from 'node:net';
import { z } from 'zod';

/** A load test must end by itself, and its size must be somebody's decision. */
const MAX_SECONDS = 3_600;
const MAX_RATE = 20_000;
const DEFAULT_PATH = '/predict';

const schema = z.object({
  /** Where predictions are asked for; without a path: `/predict` of it. */
  TARGET: z.url({ protocol: /^https?$/ }),
  /** Requests a second at the top. */
  RATE: z.coerce.number().int().min(1).max(MAX_RATE).default(200),
  SECONDS: z.coerce.number().int().min(5).max(MAX_SECONDS).default(60),
  P99_MS: z.coerce.number().positive().default(100),
  /** A file of rows: a list of objects or lists. */
  ROWS: z.string().optional(),
  /** The folder of a model package, for its golden rows. */
  PACKAGE: z.string().optional(),
  CONFIRM: z.string().optional(),
});

/** What `make load` was told. */
export interface LoadSettings {
  readonly url: URL;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly p99Ms: number;
  readonly rowsFile: string | undefined;
  readonly packageDirectory: string | undefined;
}

/** This machine, and services by their names within a Kubernetes cluster. */
export function isOurs(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))) return true;
  return /\.svc(\.cluster\.local)?\.?$/.test(host);
}

/** @throws when a setting can't be used, or the target is somebody else's and nobody has confirmed it */
export function loadSettings(env: NodeJS.ProcessEnv): LoadSettings {
  const result = schema.safeParse(
    Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')),
  );
  if (!result.success) {
    throw new Error(
      result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  }
  const { TARGET, RATE, SECONDS, P99_MS, ROWS, PACKAGE, CONFIRM } = result.data;
  const url = new URL(TARGET);
  if (url.pathname === '/') url.pathname = DEFAULT_PATH;
  if (!isOurs(url.hostname) && CONFIRM !== 'yes') {
    throw new Error(
      `${url.hostname} is neither this machine nor a service of the cluster. ` +
        `If its owner knows of ${RATE} requests a second for ${SECONDS} seconds, say CONFIRM=yes`,
    );
  }
  return {
    url,
    ratePerSecond: RATE,
    seconds: SECONDS,
    p99Ms: P99_MS,
    rowsFile: ROWS,
    packageDirectory: PACKAGE,
  };
}
