import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { z } from 'zod';
import type { Kubernetes } from '../../local/cluster/kubernetes.js';

/** Any will do: nothing is sent to it. */
const DISCARD_PORT = 9;

const nodeSchema = z.object({
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })) }),
});

/**
 * Where pods find this machine: CLUSTER_HOST_ADDRESS, or the address from which it speaks to the nodes. They reach it,
 * as they do on Linux where the nodes are containers or namespaces of it.
 */
export async function addressForPods(kubernetes: Kubernetes): Promise<string> {
  const [node] = await kubernetes.list(nodeSchema, 'nodes');
  const address = node?.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
  if (address === undefined) throw new Error('The cluster has no node with an address');
  return process.env['CLUSTER_HOST_ADDRESS'] ?? (await addressTowards(address));
}

/** The address of this machine from which it would speak to another one. */
async function addressTowards(address: string): Promise<string> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.connect(DISCARD_PORT, address);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

/** Makes a port of this machine's loopback reachable from the pods of a cluster. */
export class PortForPods {
  readonly #server: Server;

  private constructor(port: number) {
    this.#server = createServer((incoming) => {
      const outgoing = connect(port, '127.0.0.1');
      incoming.pipe(outgoing).pipe(incoming);
      for (const [one, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        one.on('error', () => other.destroy());
      }
    });
  }

  static async open(port: number, kubernetes: Kubernetes): Promise<PortForPods> {
    const opened = new PortForPods(port);
    await once(opened.#server.listen(0, await addressForPods(kubernetes)), 'listening');
    return opened;
  }

  /** As pods address it. */
  get uri(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  close(): void {
    this.#server.close();
  }
}
