import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';

/** Of an address whose name stands for many replicas, such as that of a headless Service in Kubernetes. */
const BY_NAME = /^dns\+(?=http:)/;

/** All addresses of a name, as the resolver of this machine has them now. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Replicas as they are at this moment. */
export interface FleetAddresses {
  /** Management addresses, each of one replica. */
  readonly urls: readonly string[];
  /** Names without an address, with why. */
  readonly unresolved: readonly string[];
}

const resolveByLookup: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * Puts an address for each replica in the place of `dns+http://name:port`; others stay as they are. Replicas come and
 * go: whoever waits for a fleet asks anew each time that it looks.
 */
export async function fleetAddresses(
  addresses: readonly string[],
  resolve: Resolve = resolveByLookup,
): Promise<FleetAddresses> {
  const found = await Promise.all(addresses.map((address) => replicasBehind(address, resolve)));
  return {
    urls: [...new Set(found.flatMap(({ urls }) => urls))],
    unresolved: found.flatMap(({ unresolved }) => unresolved),
  };
}

async function replicasBehind(address: string, resolve: Resolve): Promise<FleetAddresses> {
  if (!BY_NAME.test(address)) return { urls: [address], unresolved: [] };
  const url = new URL(address.replace(BY_NAME, ''));
  try {
    const all = await resolve(url.hostname.replace(/^\[|\]$/g, ''));
    const urls = all.map((ip) => `http://${isIPv6(ip) ? `[${ip}]` : ip}${url.port && `:${url.port}`}`);
    return urls.length > 0 ? { urls, unresolved: [] } : unresolved(address, 'none');
  } catch (error) {
    return unresolved(address, (error as NodeJS.ErrnoException).code ?? 'unknown');
  }
}

function unresolved(address: string, why: string): FleetAddresses {
  return { urls: [], unresolved: [`${address} has no replica (${why})`] };
}
