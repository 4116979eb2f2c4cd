import type { Kubernetes } from '../../../local/cluster/kubernetes.js';
import { PortForPods } from '../../support/test-cluster.js';

const NAME = 'registry-on-node';

/** For Node in a pod: whoever connects to a port of its loopback is connected to another address. */
const FORWARD = `
const { createServer, connect } = require("node:net");
const [port, address, target] = process.argv.slice(1);
createServer((incoming) => {
  const outgoing = connect(Number(target), address);
  incoming.pipe(outgoing).pipe(incoming);
  incoming.on("error", () => outgoing.destroy());
  outgoing.on("error", () => incoming.destroy());
}).listen(Number(port), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
`;

/**
 * Makes a registry of this machine's loopback the same address on the node: by one name, whoever publishes and the
 * kubelet mean the same images, and from a loopback address both fetch without TLS.
 */
export class RegistryOnNode {
  private constructor(
    private readonly kubernetes: Kubernetes,
    private readonly port: PortForPods,
  ) {}

  /** @param image one with Node that is on the node already */
  static async open(kubernetes: Kubernetes, port: number, image: string): Promise<RegistryOnNode> {
    const opened = new RegistryOnNode(kubernetes, await PortForPods.open(port, kubernetes));
    const { hostname, port: target } = new URL(opened.port.uri);
    await kubernetes.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: NAME },
      spec: {
        // The node's loopback address, and not the pod's own.
        hostNetwork: true,
        automountServiceAccountToken: false,
        containers: [
          {
            name: 'forward',
            image,
            imagePullPolicy: 'Never',
            command: ['/usr/local/bin/node', '-e', FORWARD, String(port), hostname, target],
            resources: { requests: { cpu: '10m', memory: '64Mi' } },
          },
        ],
      },
    });
    await kubernetes.kubectl(['wait', `pod/${NAME}`, '--for=condition=Ready', '--timeout=60s'], {
      timeoutMs: 70_000,
    });
    return opened;
  }

  async close(): Promise<void> {
    this.port.close();
    await this.kubernetes.delete('pod', NAME);
  }
}
