import { isIPv4, isIPv6 } from 'node:net';
import { Networks, plainAddress } from './networks.js';

const UNKNOWN = 'unknown';
/** Addresses whose trust is remembered: proxies are few, their clients are not asked about. */
const MAX_REMEMBERED = 1_024;

/** `1.2.3.4`, `1.2.3.4:5678`, `2001:db8::1` or `[2001:db8::1]:5678` as an address; undefined for anything else. */
function addressIn(hop: string): string | undefined {
  const text = hop.trim();
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const address = plainAddress(bare);
  return isIPv4(address) || isIPv6(address) ? address : undefined;
}

/**
 * One client, as far as its address tells. Whoever has IPv6 has a network of 2^64 addresses, and would be as many
 * clients as it likes if each counted.
 */
function clientOf(address: string): string {
  if (!address.includes(':') || address === '::1' || !isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    // A dotted end, as in ::ffff:0:1.2.3.4, stands for two groups.
    const width = after.length + (after.at(-1)?.includes('.') === true ? 1 : 0);
    while (groups.length + width < 8) groups.push('0');
    groups.push(...after);
  }
  const network = groups.slice(0, 4).map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}

/**
 * Names clients by address. `x-forwarded-for` counts only as far as trusted proxies have written it: every proxy
 * appends the address that it was called from, so the right-most one that is not a trusted proxy's is the client's,
 * and whatever stands further left is the client's invention.
 *
 * `forwarded` is not read: a proxy that writes one of the two headers hands on the other as the client sent it.
 */
export class ClientAddresses {
  readonly #trusted: Networks | undefined;
  readonly #remembered = new Map<string, boolean>();

  /** @param trustedProxies networks of the proxies in front; none: the header is never believed */
  constructor(trustedProxies: readonly string[]) {
    this.#trusted = trustedProxies.length === 0 ? undefined : new Networks(trustedProxies);
  }

  /** @param remoteAddress the other end of the connection; undefined once the connection is gone */
  clientOf(remoteAddress: string | undefined, forwardedFor: string | string[] | undefined): string {
    if (remoteAddress === undefined) return UNKNOWN;
    const remote = plainAddress(remoteAddress);
    if (this.#trusted === undefined || forwardedFor === undefined || !this.#isTrusted(remote)) {
      return clientOf(remote);
    }
    return clientOf(this.#behindProxies(remote, String(forwardedFor)));
  }

  #behindProxies(remote: string, forwardedFor: string): string {
    let nearest = remote;
    let end = forwardedFor.length;
    while (end >= 0) {
      const comma = forwardedFor.lastIndexOf(',', end - 1);
      const address = addressIn(forwardedFor.slice(comma + 1, end));
      // Not an address: nobody who can be trusted has written it, nor what stands further left.
      if (address === undefined) return nearest;
      nearest = address;
      if (comma <= 0 || !this.#isTrusted(address)) return nearest;
      end = comma;
    }
    return nearest;
  }

  #isTrusted(address: string): boolean {
    let trusted = this.#remembered.get(address);
    if (trusted === undefined) {
      trusted = this.#trusted!.has(address);
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(address, trusted);
    }
    return trusted;
  }
}
