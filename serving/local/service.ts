import type { ScrapeTarget } from './monitoring/scrape-targets.js';
import type { Command, ProcessEntry } from './process-table.js';

export type ServiceName =
  | 'mlflow'
  | 'airflow'
  | 'serving'
  | 'kafka'
  | 'stream'
  | 'retraining-requests'
  | 'prometheus'
  | 'alertmanager'
  | 'pushgateway'
  | 'statsd-exporter'
  | 'node-exporter'
  | 'notification-sink'
  | 'blue'
  | 'green'
  | 'nginx';

/** One long-running program of the platform: how to start it and how to tell that it works. */
export interface Service {
  /** Names its log and its entry in the process table. */
  readonly name: ServiceName;
  /** Where a human finds it. */
  readonly url: string;
  /** Where its metrics are, if it has any. */
  readonly scrape?: ScrapeTarget;
  /** Writes what the program wants to find before it starts. Safe to call again. */
  prepare(): void;
  command(): Command;
  /** Undefined when it works; otherwise what is still missing. `since` tells this start from an earlier one. */
  missing(since: ProcessEntry): Promise<string | undefined>;
}

/** What a child needs of the caller's environment; the rest of it would make two machines differ. */
const inherited = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  // Object storage of the artifacts and of `s3:` data sets.
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
] as const;

/** Loopback traffic must not go through a proxy of the machine. */
const loopback = '127.0.0.1,localhost';

export function inheritedEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of inherited) {
    const value = env[name];
    if (value !== undefined) result[name] = value;
  }
  return { ...result, ...withoutProxyToLoopback(env) };
}

export function withoutProxyToLoopback(env: NodeJS.ProcessEnv): Record<'NO_PROXY' | 'no_proxy', string> {
  const extend = (value: string | undefined): string => [value, loopback].filter(Boolean).join(',');
  return { NO_PROXY: extend(env['NO_PROXY']), no_proxy: extend(env['no_proxy']) };
}
