import { z } from 'zod';
import { accessSettings, accessVariables, type AccessSettings } from './api/access/access-settings.js';
import {
  connectionSettings,
  connectionVariables,
  type ConnectionSettings,
} from './api/connection-settings.js';
import { messageOf } from './errors.js';
import { feedbackSettings, feedbackVariables, type FeedbackSettings } from './feedback/feedback-settings.js';
import {
  accessLogSettings,
  accessLogVariables,
  type AccessLogSettings,
} from './observability/access-log-settings.js';
import { tracingSettings, tracingVariables, type TracingSettings } from './observability/tracing-settings.js';
import { driftSettings, driftVariables, type DriftSettings } from './quality/drift-settings.js';
import type { AirflowConnection } from './retraining-requests/airflow-assets.js';
import { streamSettings, streamVariables, type StreamSettings } from './stream/stream-settings.js';
import { currentCpuAllowance, type CpuAllowance } from './workers/cpu-allowance.js';
import { workerSettings, workerVariables, type WorkerSettings } from './workers/worker-settings.js';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const positive = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const optional = z.string().optional();
const secret = z.string().min(16).optional();

/** Below the ten seconds that Alertmanager waits for a webhook. */
const AIRFLOW_TIMEOUT_MS = 8_000;

/** Registered models and aliases, as MLflow allows them and as they fit into a path. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);

const registrySchema = z.object({
  /** Where the registry is. Wrong: the tier serves the last known good version, or nothing on a first start. */
  MLFLOW_TRACKING_URI: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:5000'),
  MLFLOW_TRACKING_USERNAME: optional,
  MLFLOW_TRACKING_PASSWORD: optional,
  MLFLOW_TRACKING_TOKEN: optional,
  /** One call to the registry; the download of one file has ten times this. Too short: reloads fail and are retried. */
  REGISTRY_TIMEOUT_MS: positive(5_000),
});

const servingSchema = registrySchema.extend({
  /** Name in the registry and alias to follow. Wrong: never ready, and `/status` says that the alias is not set. */
  MODEL_NAME: name.default('credit-scoring'),
  MODEL_ALIAS: name.default('champion'),
  /** Several models, or aliases of one: `name@alias,...`; the first answers where a request names none. Wins over the two above. */
  MODELS: z
    .string()
    .transform((text) => text.split(',').map((entry) => entry.trim().split('@')))
    .pipe(z.array(z.tuple([name, name], { error: 'must be name@alias,...' })).min(1))
    .optional(),

  /** Public address. Containers set 0.0.0.0; the default is not reachable from other machines. */
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port(8080),
  /** Open Inference Protocol over gRPC, on the public address. */
  GRPC_PORT: port(8081),
  /** Metrics, status, admin and webhooks: never to be exposed to clients. */
  MANAGEMENT_HOST: z.string().min(1).default('127.0.0.1'),
  MANAGEMENT_PORT: port(8082),

  /** How often the alias is read. Longer: promotions without a webhook arrive later. */
  POLL_INTERVAL_SECONDS: z.coerce.number().int().min(1).max(59).default(5),
  /** Holds packages by digest and the last known good version. Not writable: nothing can be loaded. */
  ARTIFACT_CACHE_DIR: z.string().min(1).default('.cache/artifacts'),
  /** Packages kept beside those in use. */
  ARTIFACT_CACHE_KEEP: z.coerce.number().int().nonnegative().default(3),
  /**
   * Public keys (Ed25519, PEM). Set: only packages that one of them has signed are loaded. Unusable: the process does
   * not start.
   */
  SIGNATURE_PUBLIC_KEYS_FILE: z.string().min(1).optional(),
  /** A package larger than this is refused before it is downloaded. */
  MAX_PACKAGE_BYTES: positive(2 * 1024 ** 3),

  MAX_ROWS_PER_REQUEST: positive(10_000),
  MAX_BODY_BYTES: positive(16 * 1024 ** 2),
  /**
   * Bytes of HTTP bodies that the requests of one worker may hold together, beyond the first 64 KiB of each; what would
   * exceed it is refused with 503. Too small: large requests are refused that could have been served. Too large: a
   * flood of them takes the process's memory. At least MAX_BODY_BYTES.
   */
  MAX_BUFFERED_BYTES: positive(256 * 1024 ** 2),
  /** Rows of concurrent requests computed in one call of the graph. 1 switches batching off. */
  MAX_BATCH_ROWS: positive(256),
  /**
   * Work that may wait, in milliseconds of computing. What would wait longer is refused, so that what is answered is
   * answered in time. Too short: bursts are refused that could have been served. Too long: every answer under load is late.
   */
  MAX_QUEUE_MS: z.coerce.number().positive().default(100),
  /**
   * Packages of more bytes than this are loaded and computed on a thread of their own, which costs a request some
   * microseconds more. Too large: a promotion holds up requests while the graph is loaded.
   */
  INLINE_MODEL_BYTES: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(1024 ** 2),
  /** Features the signature does not name: refused, so that a typo is seen, or ignored. */
  UNKNOWN_FEATURES: z.enum(['refuse', 'ignore']).default('refuse'),

  /**
   * `/openapi.json` and `/docs`. Their examples are golden rows, which are rows of the training data: where those are
   * not for everyone who may ask, `without-examples`. `off`: both are 404.
   */
  API_DOCS: z.enum(['on', 'without-examples', 'off']).default('on'),

  /** Key of MLflow's webhook signatures. Unset: the route is off, polling alone carries promotions. */
  MLFLOW_WEBHOOK_SECRET: secret,
  /** Bearer token of the admin routes. Unset: they are off. */
  ADMIN_TOKEN: secret,

  /** Between "not ready" and the closing of the port on SIGTERM, so that load balancers can notice. */
  SHUTDOWN_DELAY_SECONDS: z.coerce.number().nonnegative().default(0),
  /** After this, requests still in flight are cut. */
  SHUTDOWN_TIMEOUT_SECONDS: z.coerce.number().positive().default(25),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  /** Which release of the tier this is, for `/status` and metrics; images have it built in. Wrong: only what it says is. */
  RELEASE: z
    .string()
    .regex(/^[\w.+-]{1,64}$/)
    .default('dev'),

  ...accessVariables.shape,
  ...accessLogVariables.shape,
  ...connectionVariables.shape,
  ...driftVariables.shape,
  ...feedbackVariables.shape,
  ...tracingVariables.shape,
  ...workerVariables.shape,
});

/** What the command line signs and checks with. */
const keyFilesSchema = z.object({
  BLESSING_SIGNING_KEY_FILE: optional,
  SIGNATURE_PUBLIC_KEYS_FILE: optional,
});

/** What each variable of the environment is taken for when it is not set. */
export function defaultVariables(): Readonly<Record<string, unknown>> {
  const defaults: Record<string, unknown> = { ...servingSchema.parse({}), ...streamVariables.parse({}) };
  const names = Object.keys({ ...servingSchema.shape, ...streamVariables.shape });
  return Object.fromEntries(names.map((name) => [name, defaults[name]]));
}

/** How to reach the model registry. */
export interface RegistryConfig {
  readonly trackingUri: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly timeoutMs: number;
}

/** A registered model and the alias under which it is followed. */
export interface ModelConfig {
  readonly name: string;
  readonly alias: string;
}

/** Everything the serving process can be told, validated and with units in the names. */
export interface Config {
  readonly registry: RegistryConfig;
  /** At least one; no pair twice. */
  readonly models: readonly [ModelConfig, ...ModelConfig[]];
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly managementHost: string;
  readonly managementPort: number;
  readonly pollIntervalSeconds: number;
  readonly artifactCacheDir: string;
  readonly artifactCacheKeep: number;
  /** undefined: packages need no signature. */
  readonly signaturePublicKeysFile: string | undefined;
  readonly maxPackageBytes: number;
  readonly maxRowsPerRequest: number;
  readonly maxBodyBytes: number;
  readonly maxBufferedBytes: number;
  readonly maxBatchRows: number;
  readonly maxQueueMs: number;
  readonly inlineModelBytes: number;
  readonly unknownFeatures: 'refuse' | 'ignore';
  readonly intraOpThreads: number;
  readonly apiDocs: 'on' | 'without-examples' | 'off';
  readonly webhookSecret: string | undefined;
  readonly adminToken: string | undefined;
  readonly shutdownDelayMs: number;
  readonly shutdownTimeoutMs: number;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
  /** Of the tier's code. */
  readonly release: string;
  readonly access: AccessSettings;
  readonly accessLog: AccessLogSettings;
  readonly connections: ConnectionSettings;
  readonly drift: DriftSettings;
  /** undefined: no prediction is kept, and no outcome is taken. */
  readonly feedback: FeedbackSettings | undefined;
  /** undefined: off. */
  readonly tracing: TracingSettings | undefined;
  readonly workers: WorkerSettings;
}

/** The environment does not hold a usable configuration; the message names every variable that is wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

function parse<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): z.infer<T> {
  // An empty variable is the same as none: shells and charts pass empty ones on.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(set);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`Configuration is not usable. ${lines.join('; ')}`);
}

function registryOf(env: z.infer<typeof registrySchema>): RegistryConfig {
  return {
    trackingUri: env.MLFLOW_TRACKING_URI.replace(/\/+$/, ''),
    username: env.MLFLOW_TRACKING_USERNAME,
    password: env.MLFLOW_TRACKING_PASSWORD,
    token: env.MLFLOW_TRACKING_TOKEN,
    timeoutMs: env.REGISTRY_TIMEOUT_MS,
  };
}

function modelsOf({ MODELS, MODEL_NAME, MODEL_ALIAS }: z.infer<typeof servingSchema>): Config['models'] {
  const [first = [MODEL_NAME, MODEL_ALIAS] as const, ...rest] = MODELS ?? [];
  const all = [first, ...rest].map((pair) => ({ name: pair[0], alias: pair[1] }));
  const keys = all.map((model) => `${model.name}@${model.alias}`);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined)
    throw new ConfigError(`Configuration is not usable. MODELS: ${twice} is there twice`);
  return all as [ModelConfig, ...ModelConfig[]];
}

function bufferedBytesOf({ MAX_BUFFERED_BYTES, MAX_BODY_BYTES }: z.infer<typeof servingSchema>): number {
  if (MAX_BUFFERED_BYTES >= MAX_BODY_BYTES) return MAX_BUFFERED_BYTES;
  throw new ConfigError(
    'Configuration is not usable. MAX_BUFFERED_BYTES: less than MAX_BODY_BYTES, so that no body of that size could ever be taken',
  );
}

/** Settings that a part of the tier puts together from its variables. */
function usable<T>(settings: () => T): T {
  try {
    return settings();
  } catch (cause) {
    throw new ConfigError(`Configuration is not usable. ${messageOf(cause)}`, { cause });
  }
}

/** @throws {ConfigError} */
export function readRegistryConfig(env: NodeJS.ProcessEnv = process.env): RegistryConfig {
  return registryOf(parse(registrySchema, env));
}

const retrainingRequestsSchema = z.object({
  /** Of Airflow's API. */
  AIRFLOW_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8088'),
  AIRFLOW_USERNAME: z.string().min(1).default('admin'),
  AIRFLOW_PASSWORD: z.string().min(1),
  /** What Alertmanager shows. Too short is refused: whoever knows it can start trainings. */
  RETRAINING_REQUEST_TOKEN: z.string().min(16),
  /** The asset that the retraining DAG waits for. */
  RETRAINING_ASSET: z.string().min(1).default('credit_scoring_retraining_requested'),
  /** After a request, whoever made it, others are not passed on for so long. */
  RETRAINING_COOLDOWN_HOURS: z.coerce.number().nonnegative().max(8_760).default(24),
  RETRAINING_REQUESTS_HOST: z.string().min(1).default('127.0.0.1'),
  RETRAINING_REQUESTS_PORT: port(8083),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

/** What turns alerts into retraining runs. */
export interface RetrainingRequestsConfig {
  readonly airflow: AirflowConnection;
  readonly asset: string;
  readonly token: string;
  readonly cooldownMs: number;
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
}

/** @throws {ConfigError} */
export function readRetrainingRequestsConfig(env: NodeJS.ProcessEnv = process.env): RetrainingRequestsConfig {
  const raw = parse(retrainingRequestsSchema, env);
  return {
    airflow: {
      url: raw.AIRFLOW_URL.replace(/\/+$/, ''),
      username: raw.AIRFLOW_USERNAME,
      password: raw.AIRFLOW_PASSWORD,
      timeoutMs: AIRFLOW_TIMEOUT_MS,
    },
    asset: raw.RETRAINING_ASSET,
    token: raw.RETRAINING_REQUEST_TOKEN,
    cooldownMs: raw.RETRAINING_COOLDOWN_HOURS * 3_600_000,
    host: raw.RETRAINING_REQUESTS_HOST,
    port: raw.RETRAINING_REQUESTS_PORT,
    logLevel: raw.LOG_LEVEL,
  };
}

const streamSchema = streamVariables.extend({ LOG_LEVEL: servingSchema.shape.LOG_LEVEL });

/** What scores a topic. */
export interface StreamConfig {
  readonly stream: StreamSettings;
  readonly logLevel: string;
}

/** @throws {ConfigError} */
export function readStreamConfig(env: NodeJS.ProcessEnv = process.env): StreamConfig {
  const raw = parse(streamSchema, env);
  return { stream: usable(() => streamSettings(raw)), logLevel: raw.LOG_LEVEL };
}

/** Key files that are used where the command line names none. */
export function readKeyFiles(env: NodeJS.ProcessEnv = process.env): {
  readonly signingKeyFile: string | undefined;
  readonly publicKeysFile: string | undefined;
} {
  const raw = parse(keyFilesSchema, env);
  return {
    signingKeyFile: raw.BLESSING_SIGNING_KEY_FILE,
    publicKeysFile: raw.SIGNATURE_PUBLIC_KEYS_FILE,
  };
}

/** @throws {ConfigError} */
export function readConfig(
  env: NodeJS.ProcessEnv = process.env,
  allowance: CpuAllowance = currentCpuAllowance(),
): Config {
  const raw = parse(servingSchema, env);
  return {
    registry: registryOf(raw),
    models: modelsOf(raw),
    host: raw.HOST,
    port: raw.PORT,
    grpcPort: raw.GRPC_PORT,
    managementHost: raw.MANAGEMENT_HOST,
    managementPort: raw.MANAGEMENT_PORT,
    pollIntervalSeconds: raw.POLL_INTERVAL_SECONDS,
    artifactCacheDir: raw.ARTIFACT_CACHE_DIR,
    artifactCacheKeep: raw.ARTIFACT_CACHE_KEEP,
    signaturePublicKeysFile: raw.SIGNATURE_PUBLIC_KEYS_FILE,
    maxPackageBytes: raw.MAX_PACKAGE_BYTES,
    maxRowsPerRequest: raw.MAX_ROWS_PER_REQUEST,
    maxBodyBytes: raw.MAX_BODY_BYTES,
    maxBufferedBytes: bufferedBytesOf(raw),
    maxBatchRows: raw.MAX_BATCH_ROWS,
    maxQueueMs: raw.MAX_QUEUE_MS,
    inlineModelBytes: raw.INLINE_MODEL_BYTES,
    unknownFeatures: raw.UNKNOWN_FEATURES,
    intraOpThreads: raw.INTRA_OP_THREADS,
    apiDocs: raw.API_DOCS,
    webhookSecret: raw.MLFLOW_WEBHOOK_SECRET,
    adminToken: raw.ADMIN_TOKEN,
    shutdownDelayMs: raw.SHUTDOWN_DELAY_SECONDS * 1_000,
    shutdownTimeoutMs: raw.SHUTDOWN_TIMEOUT_SECONDS * 1_000,
    logLevel: raw.LOG_LEVEL,
    release: raw.RELEASE,
    access: usable(() => accessSettings(raw)),
    accessLog: accessLogSettings(raw),
    connections: connectionSettings(raw),
    drift: usable(() => driftSettings(raw)),
    feedback: usable(() => feedbackSettings(raw)),
    tracing: tracingSettings(raw),
    workers: usable(() => workerSettings(raw, allowance)),
  };
}
