import type { Manifest } from '../../src/model-package/manifest.js';
import { ADMIN_TOKEN, WEBHOOK_SECRET } from './valid-exchanges.js';

/**
 * Settings under which a tier is fuzzed: every route is on, limits are low enough to be met, and time limits short
 * enough for a client to see their end.
 *
 * @param manifests of the models that it is to serve, the one that answers where none is named first
 */
export function fuzzedSettings(manifests: readonly Manifest[]): Readonly<Record<string, string>> {
  return {
    MODELS: manifests.map(({ model_name: name }) => `${name}@champion`).join(),
    MLFLOW_WEBHOOK_SECRET: WEBHOOK_SECRET,
    ADMIN_TOKEN,
    MAX_BODY_BYTES: String(1024 ** 2),
    HEADERS_TIMEOUT_SECONDS: '0.4',
    REQUEST_TIMEOUT_SECONDS: '0.4',
    STALLED_CONNECTION_SECONDS: '2',
    GRPC_KEEPALIVE_SECONDS: '1.5',
    // Every request is looked at, so that what looks at it is fuzzed too.
    ACCESS_LOG_SAMPLE_RATE: '1',
  };
}
