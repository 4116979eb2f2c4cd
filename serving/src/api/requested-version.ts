import { RequestError } from '../errors.js';

/** Asks for exactly this version, in every protocol; a version in the path or the message says the same. */
export const VERSION_HEADER = 'x-model-version';

/**
 * The version that a request asks for; undefined: the one that the alias points at.
 *
 * @param named in the path or the message
 * @param header as it arrived
 * @throws {RequestError} INVALID_REQUEST when the two name different ones
 */
export function requestedVersion(named: string | undefined, header: unknown): string | undefined {
  if (typeof header !== 'string' || header === named) return named;
  if (named === undefined) return header;
  throw new RequestError(
    'INVALID_REQUEST',
    `The request itself and its header ${VERSION_HEADER} name different versions`,
  );
}
