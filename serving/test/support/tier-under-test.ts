import { expect } from 'chai';
import { readConfig } from '../../src/config.js';
import type { ModelRegistry } from '../../src/registry/model-registry.js';
import { startServingTier, type ServingTier } from '../../src/serving-tier.js';
import { CapturedLog } from '../fakes/captured-log.js';
import { eventually } from './eventually.js';
import { httpRequest, type HttpAnswer, type HttpRequestOptions } from './http-request.js';
import { temporaryDirectory } from './temporary-directory.js';

export { problemIn } from './problem-in.js';

type RequestOptions = Omit<HttpRequestOptions, 'port' | 'path'>;

/** `GET /status`, as a client reads it. */
export interface Status {
  readonly model_name: string;
  readonly alias: string;
  readonly ready: boolean;
  readonly serving_from: string;
  readonly available: { readonly version: string; readonly digest: string; readonly since: string } | null;
  readonly servables: readonly {
    readonly version: string;
    readonly digest: string;
    readonly state: string;
    readonly since: string;
    readonly in_flight: number;
  }[];
  readonly registry: {
    readonly reachable: boolean;
    readonly checked_at: string | null;
    readonly aliased_version: string | null;
    readonly error: string | null;
  };
  readonly last_failure: {
    readonly version: string;
    readonly digest: string;
    readonly code: string;
    readonly message: string;
    readonly at: string;
    readonly retry_at: string;
    readonly failures: number;
  } | null;
}

/** The body of an answer of `/predict`. */
export interface Predictions {
  readonly predictions: readonly Readonly<Record<string, unknown>>[];
  readonly model_name: string;
  readonly model_version: string;
  readonly request_id: string;
}

/** A machine that stalls makes rows seem dear, and a registry on it slow. Tests of limits set their own. */
export const PATIENCE = { MAX_QUEUE_MS: '10000', REGISTRY_TIMEOUT_MS: '30000' };

/** A tier in this process, on free ports, with a cache of its own. */
export class TierUnderTest {
  private constructor(
    readonly tier: ServingTier,
    readonly log: CapturedLog,
    readonly cacheDirectory: string,
  ) {}

  /**
   * @param registry stands in for MLflow; undefined: the one at MLFLOW_TRACKING_URI in `env`
   * @param env configuration beside ports and cache; the alias is looked at rarely unless it says otherwise
   */
  static async start(
    registry: ModelRegistry | undefined,
    env: Readonly<Record<string, string>> = {},
  ): Promise<TierUnderTest> {
    const log = new CapturedLog();
    const config = readConfig({
      MODEL_NAME: 'small-tensor',
      PORT: '0',
      GRPC_PORT: '0',
      MANAGEMENT_PORT: '0',
      POLL_INTERVAL_SECONDS: '59',
      ...PATIENCE,
      ARTIFACT_CACHE_DIR: temporaryDirectory(),
      PREDICTION_LOG_DIR: temporaryDirectory(),
      ...env,
    });
    const tier = await startServingTier(config, log.logger, registry);
    return new TierUnderTest(tier, log, config.artifactCacheDir);
  }

  /** Starts a tier and waits until it is ready. */
  static async startReady(
    registry: ModelRegistry | undefined,
    env: Readonly<Record<string, string>> = {},
  ): Promise<TierUnderTest> {
    const running = await TierUnderTest.start(registry, env);
    await eventually(async () => {
      expect((await running.status()).ready).to.equal(true);
    });
    return running;
  }

  get port(): number {
    return this.tier.port;
  }

  /** A request to the public port. */
  request(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return httpRequest({ port: this.tier.port, path, ...options });
  }

  /** A request to the management port. */
  manage(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return httpRequest({ port: this.tier.managementPort, path, ...options });
  }

  post(path: string, body: unknown, { headers, ...options }: RequestOptions = {}): Promise<HttpAnswer> {
    return this.request(path, {
      method: 'POST',
      body: JSON.stringify(body),
      ...options,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  predict(instances: readonly unknown[], options: RequestOptions = {}): Promise<HttpAnswer> {
    return this.post('/predict', { instances }, options);
  }

  async status(): Promise<Status> {
    return (await this.manage('/status')).json as Status;
  }

  async metrics(): Promise<string> {
    return (await this.manage('/metrics')).text;
  }

  /** Waits until this version answers. */
  async serves(version: string, withinMs?: number): Promise<Status> {
    return eventually(async () => {
      const status = await this.status();
      expect(status.available?.version, status.last_failure?.message).to.equal(version);
      return status;
    }, withinMs);
  }

  stop(): Promise<void> {
    return this.tier.stop();
  }
}
