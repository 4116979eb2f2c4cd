import type { Logger } from 'pino';
import type { AccessMetrics } from '../../metrics/access.js';
import { RouteAccessControl } from './access-control.js';
import type { AccessSettings } from './access-settings.js';
import { ApiKeyFile } from './api-key-file.js';
import type { AccessControl } from './caller.js';
import { ClientAddresses } from './client-address.js';
import { idlePatterns } from './route-policy.js';
import { TokenVerifier } from './token-verifier.js';

/** Access control with what it reads in the background. */
export interface RunningAccess {
  readonly control: AccessControl;
  /** @throws {Error} for a pattern in AUTH_ROUTES that matches none of the routes */
  checkPatterns(routes: readonly string[]): void;
  close(): void;
}

/**
 * @param predictionRoutes where tokens need the scope
 * @throws {Error} when the API keys can't be read. A token issuer that does not answer is not waited for: it may
 *   start later than this tier
 */
export async function startAccess(
  settings: AccessSettings,
  predictionRoutes: readonly string[],
  log: Logger,
  metrics: AccessMetrics,
): Promise<RunningAccess> {
  const { policy, apiKeysFile, tokens: tokenSettings, predictionScope, trustedProxies } = settings;
  const keys = apiKeysFile === undefined ? undefined : await ApiKeyFile.open(apiKeysFile, log, metrics);
  const tokens = tokenSettings === undefined ? undefined : new TokenVerifier(tokenSettings, log, metrics);
  void tokens?.refresh();
  return {
    control: new RouteAccessControl(
      { keys, tokens },
      { policy, predictionRoutes: new Set(predictionRoutes), predictionScope },
      new ClientAddresses(trustedProxies),
      metrics,
    ),
    checkPatterns(routes) {
      const idle = idlePatterns(
        policy.rules.map(({ pattern }) => pattern),
        routes,
      );
      if (idle.length > 0) {
        throw new Error(`AUTH_ROUTES: no route matches ${idle.join(', ')}; there are ${routes.join(', ')}`);
      }
    },
    close() {
      keys?.close();
      tokens?.close();
    },
  };
}
