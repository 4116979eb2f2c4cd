import type { IncomingHttpHeaders } from 'node:http';
import { RequestError } from '../../errors.js';

/** Who asks: the unit of fair limits, and what a sampled access log names. */
export interface Caller {
  /** Name of the key, subject of the token, or the client's address; never the credential itself. */
  readonly id: string;
  readonly authenticated: boolean;
  /** The models that the caller may ask for; undefined: all. */
  readonly models?: ReadonlySet<string>;
}

/** Decides who asks and whether they may. */
export interface AccessControl {
  /**
   * @param route the declared route, never the path that a client sent
   * @param remoteAddress address of the connection's other end
   * @returns at once wherever that is possible: a promise costs every request a turn
   * @throws {RequestError} UNAUTHORIZED, FORBIDDEN or AUTHENTICATION_UNAVAILABLE
   */
  identify(
    route: string,
    headers: IncomingHttpHeaders,
    remoteAddress: string | undefined,
  ): Caller | Promise<Caller>;
}

/**
 * To be asked before anything is said about a model, even whether there is one.
 * @throws {RequestError} FORBIDDEN
 */
export function requireModel({ models }: Caller, model: string): void {
  if (models !== undefined && !models.has(model)) {
    throw new RequestError('FORBIDDEN', 'The API key is not good for this model');
  }
}
