import { RequestError } from '../errors.js';

/** Requests with one key are answered by one version for as long as the split does not move past them. */
export const TRAFFIC_KEY_HEADER = 'x-traffic-key';

/** Asks for exactly what is served under this alias or in this role. */
export const ALIAS_HEADER = 'x-model-alias';

/** A client's key: whatever it calls its own customers, as far as a header can carry it. */
export const TRAFFIC_KEY = /^[\x20-\x7e]{1,128}$/;

/**
 * The client's own key; undefined: it gave none.
 *
 * @param header as it arrived
 * @throws {RequestError} INVALID_REQUEST for one that can't be a key: a client that relies on it would not notice
 */
export function trafficKeyOf(header: unknown): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && TRAFFIC_KEY.test(header)) return header;
  throw new RequestError(
    'INVALID_REQUEST',
    `Expected ${TRAFFIC_KEY_HEADER} to be 1 to 128 printable ASCII characters`,
  );
}

/** What a tester wants to be answered by; undefined: whatever the traffic policy says. */
export function requestedAlias(header: unknown): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
