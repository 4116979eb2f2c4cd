import { expect } from 'chai';
import { accessVariables } from '../../src/api/access/access-settings.js';
import { connectionVariables } from '../../src/api/connection-settings.js';
import { ConfigError, readConfig, readRegistryConfig, type Config } from '../../src/config.js';
import { feedbackVariables } from '../../src/feedback/feedback-settings.js';
import { accessLogVariables } from '../../src/observability/access-log-settings.js';
import { tracingVariables } from '../../src/observability/tracing-settings.js';
import { driftVariables } from '../../src/quality/drift-settings.js';
import { workerVariables } from '../../src/workers/worker-settings.js';
import { thrown } from '../support/rejection.js';

const THREE_CORES = { cores: 3, limit: 'the CPU quota of the cgroup (3.5)' };

/** Those parts read their variables themselves, and have tests of their own. */
const PARTS = ['access', 'accessLog', 'connections', 'drift', 'feedback', 'tracing', 'workers'];

function ownSettings(config: Config): Partial<Config> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !PARTS.includes(key)));
}

describe('readConfig', () => {
  it('needs no variable at all', () => {
    expect(ownSettings(readConfig({}, THREE_CORES))).to.deep.equal({
      registry: {
        trackingUri: 'http://127.0.0.1:5000',
        username: undefined,
        password: undefined,
        token: undefined,
        timeoutMs: 5_000,
      },
      models: [{ name: 'credit-scoring', alias: 'champion' }],
      host: '127.0.0.1',
      port: 8080,
      grpcPort: 8081,
      managementHost: '127.0.0.1',
      managementPort: 8082,
      pollIntervalSeconds: 5,
      artifactCacheDir: '.cache/artifacts',
      artifactCacheKeep: 3,
      signaturePublicKeysFile: undefined,
      maxPackageBytes: 2 * 1024 ** 3,
      maxRowsPerRequest: 10_000,
      maxBodyBytes: 16 * 1024 ** 2,
      maxBufferedBytes: 256 * 1024 ** 2,
      maxBatchRows: 256,
      maxQueueMs: 100,
      inlineModelBytes: 1024 ** 2,
      apiDocs: 'on',
      unknownFeatures: 'refuse',
      intraOpThreads: 1,
      webhookSecret: undefined,
      adminToken: undefined,
      shutdownDelayMs: 0,
      shutdownTimeoutMs: 25_000,
      logLevel: 'info',
      release: 'dev',
    });
  });

  it('takes every variable', () => {
    const config = readConfig(
      {
        MLFLOW_TRACKING_URI: 'https://registry.example/prefix/',
        MLFLOW_TRACKING_USERNAME: 'reader',
        MLFLOW_TRACKING_PASSWORD: 'hunter2',
        MLFLOW_TRACKING_TOKEN: 'bearer',
        REGISTRY_TIMEOUT_MS: '1500',
        MODEL_NAME: 'churn.v2',
        MODEL_ALIAS: 'challenger',
        HOST: '0.0.0.0',
        PORT: '0',
        GRPC_PORT: '1',
        MANAGEMENT_HOST: '::1',
        MANAGEMENT_PORT: '65535',
        POLL_INTERVAL_SECONDS: '59',
        ARTIFACT_CACHE_DIR: '/var/cache/models',
        ARTIFACT_CACHE_KEEP: '0',
        MAX_PACKAGE_BYTES: '1000',
        MAX_ROWS_PER_REQUEST: '7',
        MAX_BODY_BYTES: '2048',
        MAX_BUFFERED_BYTES: '4096',
        MAX_BATCH_ROWS: '1',
        MAX_QUEUE_MS: '12.5',
        INLINE_MODEL_BYTES: '0',
        API_DOCS: 'without-examples',
        UNKNOWN_FEATURES: 'ignore',
        INTRA_OP_THREADS: '2',
        SIGNATURE_PUBLIC_KEYS_FILE: '/keys.pem',
        MLFLOW_WEBHOOK_SECRET: 'sixteen-letters!',
        ADMIN_TOKEN: 'another-16-chars',
        SHUTDOWN_DELAY_SECONDS: '1.5',
        SHUTDOWN_TIMEOUT_SECONDS: '0.25',
        LOG_LEVEL: 'silent',
        RELEASE: '1.0.1',
      },
      THREE_CORES,
    );
    expect(ownSettings(config)).to.deep.equal({
      registry: {
        trackingUri: 'https://registry.example/prefix',
        username: 'reader',
        password: 'hunter2',
        token: 'bearer',
        timeoutMs: 1_500,
      },
      models: [{ name: 'churn.v2', alias: 'challenger' }],
      host: '0.0.0.0',
      port: 0,
      grpcPort: 1,
      managementHost: '::1',
      managementPort: 65_535,
      pollIntervalSeconds: 59,
      artifactCacheDir: '/var/cache/models',
      artifactCacheKeep: 0,
      signaturePublicKeysFile: '/keys.pem',
      maxPackageBytes: 1_000,
      maxRowsPerRequest: 7,
      maxBodyBytes: 2_048,
      maxBufferedBytes: 4_096,
      maxBatchRows: 1,
      maxQueueMs: 12.5,
      inlineModelBytes: 0,
      apiDocs: 'without-examples',
      unknownFeatures: 'ignore',
      intraOpThreads: 2,
      webhookSecret: 'sixteen-letters!',
      adminToken: 'another-16-chars',
      shutdownDelayMs: 1_500,
      shutdownTimeoutMs: 250,
      logLevel: 'silent',
      release: '1.0.1',
    });
  });

  const variables = [
    'MLFLOW_TRACKING_URI',
    'MLFLOW_TRACKING_USERNAME',
    'MLFLOW_TRACKING_PASSWORD',
    'MLFLOW_TRACKING_TOKEN',
    'REGISTRY_TIMEOUT_MS',
    'MODEL_NAME',
    'MODEL_ALIAS',
    'MODELS',
    'HOST',
    'PORT',
    'GRPC_PORT',
    'MANAGEMENT_HOST',
    'MANAGEMENT_PORT',
    'POLL_INTERVAL_SECONDS',
    'ARTIFACT_CACHE_DIR',
    'ARTIFACT_CACHE_KEEP',
    'MAX_PACKAGE_BYTES',
    'MAX_ROWS_PER_REQUEST',
    'MAX_BODY_BYTES',
    'MAX_BUFFERED_BYTES',
    'MAX_BATCH_ROWS',
    'MAX_QUEUE_MS',
    'INLINE_MODEL_BYTES',
    'API_DOCS',
    'UNKNOWN_FEATURES',
    'INTRA_OP_THREADS',
    'MLFLOW_WEBHOOK_SECRET',
    'ADMIN_TOKEN',
    'SHUTDOWN_DELAY_SECONDS',
    'SHUTDOWN_TIMEOUT_SECONDS',
    'LOG_LEVEL',
    ...[accessVariables, accessLogVariables, connectionVariables].flatMap(({ shape }) => Object.keys(shape)),
    ...[driftVariables, feedbackVariables, tracingVariables, workerVariables].flatMap(({ shape }) =>
      Object.keys(shape),
    ),
  ];
  for (const name of variables) {
    it(`takes an empty ${name} for an unset one`, () => {
      expect(readConfig({ [name]: '' })).to.deep.equal(readConfig({}));
    });
  }

  const wrongValues: readonly (readonly [name: string, value: string])[] = [
    ['MLFLOW_TRACKING_URI', 'file:///mlruns'],
    ['MLFLOW_TRACKING_URI', 'localhost:5000'],
    ['REGISTRY_TIMEOUT_MS', '0'],
    ['REGISTRY_TIMEOUT_MS', '5s'],
    ['MODEL_NAME', '../secrets'],
    ['MODEL_NAME', 'a'.repeat(129)],
    ['MODEL_ALIAS', 'two words'],
    ['MODELS', 'churn'],
    ['MODELS', 'churn@champion@challenger'],
    ['MODELS', 'churn@'],
    ['MODELS', 'churn@champion,,fraud@champion'],
    ['MODELS', 'churn@champion,churn@champion'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['GRPC_PORT', '65536'],
    ['MANAGEMENT_PORT', 'http'],
    ['POLL_INTERVAL_SECONDS', '0'],
    ['POLL_INTERVAL_SECONDS', '60'],
    ['ARTIFACT_CACHE_KEEP', '-1'],
    ['MAX_PACKAGE_BYTES', '1e400'],
    ['MAX_ROWS_PER_REQUEST', '0'],
    ['MAX_BODY_BYTES', '16MB'],
    ['MAX_BUFFERED_BYTES', '0'],
    ['MAX_BUFFERED_BYTES', String(16 * 1024 ** 2 - 1)],
    ['MAX_BATCH_ROWS', '-5'],
    ['MAX_QUEUE_MS', '0'],
    ['INLINE_MODEL_BYTES', '-1'],
    ['INLINE_MODEL_BYTES', '1MB'],
    ['API_DOCS', 'yes'],
    ['UNKNOWN_FEATURES', 'drop'],
    ['INTRA_OP_THREADS', '0'],
    ['INTRA_OP_THREADS', '100000'],
    ['WORKERS', '0'],
    ['WORKERS', '65'],
    ['WORKERS', 'auto'],
    ['MAX_WORKERS', '0'],
    ['MAX_WORKERS', '65'],
    ['WORKER_HANG_TIMEOUT_SECONDS', '0'],
    ['MLFLOW_WEBHOOK_SECRET', 'fifteen-letters'],
    ['ADMIN_TOKEN', 'short'],
    ['SHUTDOWN_DELAY_SECONDS', '-0.1'],
    ['SHUTDOWN_TIMEOUT_SECONDS', '0'],
    ['LOG_LEVEL', 'verbose'],
  ];
  for (const [name, value] of wrongValues) {
    it(`refuses ${name}=${value.slice(0, 20)} by name`, () => {
      const { message } = thrown(() => readConfig({ [name]: value }), ConfigError);
      expect(message).to.match(new RegExp(`(^|[ ;])${name}[:.]`));
    });
  }

  it('allows no more workers than it starts with, unless it is told to', () => {
    expect(readConfig({}, THREE_CORES).workers).to.include({ count: 3, max: 3 });
    const tooFew = thrown(() => readConfig({ MAX_WORKERS: '2' }, THREE_CORES), ConfigError);
    expect(tooFew.message).to.include('MAX_WORKERS: 2 is less than the 3 workers to start with');
  });

  it('passes the variables of a part on to it', () => {
    const { access, accessLog, connections, drift, feedback, tracing, workers } = readConfig(
      {
        MANAGEMENT_NAMES: 'serving.example',
        ACCESS_LOG_SAMPLE_RATE: '0.5',
        MAX_CONNECTIONS: '17',
        DRIFT_MIN_ROWS: '18',
        PREDICTION_LOG_SAMPLE_RATE: '0.25',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
        WORKERS: '5',
        MAX_WORKERS: '7',
      },
      THREE_CORES,
    );
    expect(access.management.names).to.deep.equal(['serving.example']);
    expect(accessLog.sampleRate).to.equal(0.5);
    expect(connections.http.maxConnections).to.equal(17);
    expect(drift.minRows).to.equal(18);
    expect(feedback?.predictions.sampleRate).to.equal(0.25);
    expect(tracing).not.to.equal(undefined);
    expect(workers).to.include({ count: 5, max: 7 });
  });

  it('takes as many threads as the cgroup has cores, and no more', () => {
    expect(readConfig({ INTRA_OP_THREADS: '3' }, THREE_CORES).intraOpThreads).to.equal(3);
    const { message } = thrown(() => readConfig({ INTRA_OP_THREADS: '4' }, THREE_CORES), ConfigError);
    expect(message).to.equal(
      'Configuration is not usable. INTRA_OP_THREADS: 4 are more than 3, from the CPU quota of the cgroup (3.5)',
    );
  });

  it('takes several models, or several aliases of one, in their order and instead of the single one', () => {
    const { models } = readConfig({
      MODEL_NAME: 'ignored',
      MODELS: 'churn@champion, fraud@champion,churn@challenger',
    });
    expect(models).to.deep.equal([
      { name: 'churn', alias: 'champion' },
      { name: 'fraud', alias: 'champion' },
      { name: 'churn', alias: 'challenger' },
    ]);
  });

  it('names every wrong variable in one line', () => {
    const { message } = thrown(
      () => readConfig({ PORT: 'http', LOG_LEVEL: 'loud', ADMIN_TOKEN: 'short', MODEL_NAME: 'fine' }),
      ConfigError,
    );
    expect(message).to.include('PORT: ').and.include('LOG_LEVEL: ').and.include('ADMIN_TOKEN: ');
    expect(message).not.to.include('MODEL_NAME');
    expect(message).not.to.include('\n');
  });

  it('does not repeat a secret that is too short', () => {
    const secrets = { ADMIN_TOKEN: 'tok-12345', MLFLOW_WEBHOOK_SECRET: 'hook-54321' };
    const { message } = thrown(() => readConfig(secrets), ConfigError);
    for (const secret of Object.values(secrets)) expect(message).not.to.include(secret);
  });

  it('does not let one variable change another', () => {
    expect(readConfig({ PORT: '9000' })).to.deep.equal({ ...readConfig({}), port: 9_000 });
  });
});

describe('readRegistryConfig', () => {
  it('reads the registry alone, so that a command does not fail over variables of the server', () => {
    const env = { MLFLOW_TRACKING_URI: 'http://registry:5000//', PORT: 'not a port' };
    expect(readRegistryConfig(env).trackingUri).to.equal('http://registry:5000');
  });

  it('refuses a wrong address by name', () => {
    const { message } = thrown(() => readRegistryConfig({ MLFLOW_TRACKING_URI: 'sqlite:///x' }), ConfigError);
    expect(message).to.include('MLFLOW_TRACKING_URI');
  });
});
