import { readConfig } from '../../src/config.js';
import type { ModelRegistry } from '../../src/registry/model-registry.js';
import { startServingTier } from '../../src/serving-tier.js';
import { CapturedLog } from '../fakes/captured-log.js';
import { eventually } from './eventually.js';
import { temporaryDirectory } from './temporary-directory.js';

/** A tier in this process, on ports of its own. */
export interface RunningTier {
  readonly url: string;
  readonly managementUrl: string;
  readonly grpcAddress: string;
  readonly log: CapturedLog;
  stop(): Promise<void>;
}

/** @param env overrides of the configuration */
export async function runTier(
  registry: ModelRegistry,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningTier> {
  const log = new CapturedLog();
  const config = readConfig({
    PORT: '0',
    GRPC_PORT: '0',
    MANAGEMENT_PORT: '0',
    POLL_INTERVAL_SECONDS: '1',
    ARTIFACT_CACHE_DIR: temporaryDirectory(),
    ...env,
  });
  const tier = await startServingTier(config, log.logger, registry);
  return {
    url: `http://127.0.0.1:${tier.port}`,
    managementUrl: `http://127.0.0.1:${tier.managementPort}`,
    grpcAddress: `127.0.0.1:${tier.grpcPort}`,
    log,
    stop: () => tier.stop(),
  };
}

export async function untilReady({ url }: Pick<RunningTier, 'url'>): Promise<void> {
  await eventually(async () => {
    const { status } = await fetch(`${url}/health/ready`);
    if (status !== 200) throw new Error(`The tier is not ready: ${status}`);
  });
}
