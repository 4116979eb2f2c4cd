import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { RequestError } from '../../errors.js';
import type { ManagementAccessSettings } from './access-settings.js';
import { Networks } from './networks.js';

/** Who asks the management port, and what for. */
export interface ManagementRequest {
  readonly path: string;
  readonly remoteAddress: string | undefined;
  /** undefined: HTTP/1.0 without it, which no browser sends. */
  readonly host: string | undefined;
}

/** The kubelet asks from the node's address, with the pod's as the host. */
const OPEN = new Set(['/health/live', '/health/ready']);
/** A token or a signature is asked for by the route itself; without one configured they are off. */
const SELF_AUTHENTICATING = new Set(['/admin/reload', '/webhooks/mlflow']);
const METRICS = '/metrics';

function hostName(host: string): string {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host.trim())?.[1] ?? '';
  return name.toLowerCase().replace(/\.$/, '');
}

/**
 * Who may use the management port: by network, and by the name under which it is asked. The latter is for browsers:
 * a page from elsewhere whose name is made to point here (DNS rebinding) may read what the browser's owner may,
 * but can't help sending its own name. An address can't be made to point elsewhere, and is fine.
 */
export class ManagementAccess {
  readonly #allow: Networks;
  readonly #metricsAllow: Networks;
  readonly #names: ReadonlySet<string>;
  readonly #suffixes: readonly string[];

  constructor({ allow, metricsAllow, names }: ManagementAccessSettings) {
    this.#allow = new Networks(allow);
    this.#metricsAllow = new Networks(metricsAllow);
    const lower = names.map((name) => name.toLowerCase());
    this.#names = new Set(['localhost', ...lower.filter((name) => !name.startsWith('*'))]);
    this.#suffixes = lower.filter((name) => name.startsWith('*')).map((name) => name.slice(1));
  }

  /** @returns why not; undefined: it may */
  objection({ path, remoteAddress, host }: ManagementRequest): RequestError | undefined {
    if (OPEN.has(path) || SELF_AUTHENTICATING.has(path)) return undefined;
    const address = remoteAddress ?? '';
    if (!this.#allow.has(address) && !(path === METRICS && this.#metricsAllow.has(address))) {
      return new RequestError(
        'FORBIDDEN',
        `The management port does not answer to your network; see ${path === METRICS ? 'METRICS_ALLOW' : 'MANAGEMENT_ALLOW'}`,
      );
    }
    if (host !== undefined && !this.#isKnown(hostName(host))) {
      return new RequestError(
        'FORBIDDEN',
        'The management port does not answer under this name; see MANAGEMENT_NAMES',
      );
    }
    return undefined;
  }

  #isKnown(name: string): boolean {
    return (
      isIP(name.replace(/^\[|\]$/g, '')) !== 0 ||
      this.#names.has(name) ||
      this.#suffixes.some((suffix) => name.endsWith(suffix))
    );
  }
}

/** To be put before all routes. */
export function requireManagementAccess(settings: ManagementAccessSettings): RequestHandler {
  const access = new ManagementAccess(settings);
  return (request, _response, next) => {
    const objection = access.objection({
      path: request.path,
      remoteAddress: request.socket.remoteAddress,
      host: request.headers.host,
    });
    if (objection !== undefined) throw objection;
    next();
  };
}
