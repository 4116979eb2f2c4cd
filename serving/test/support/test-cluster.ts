import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;
/** Any will do: nothing is sent to it. */
const DISCARD_PORT = 9;

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

interface NodeList {
  readonly items: readonly {
    readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
  }[];
}

/**
 * The Kubernetes of KUBECONFIG, which `make test-cluster` chooses, by way of kubectl. Its pods reach this machine, as
 * they do on Linux where the nodes are containers or namespaces of it.
 */
export class TestCluster {
  private constructor(
    /** Where pods find this machine: CLUSTER_HOST_ADDRESS, or the address from which it speaks to the nodes. */
    readonly hostAddress: string,
  ) {}

  static async connect(): Promise<TestCluster> {
    const { items } = JSON.parse(await kubectl(['get', 'nodes', '-o', 'json'])) as NodeList;
    const address = items[0]?.status.addresses.find(({ type }) => type === 'InternalIP')?.address;
    if (address === undefined) throw new Error('The cluster has no node with an address');
    return new TestCluster(process.env['CLUSTER_HOST_ADDRESS'] ?? (await addressTowards(address)));
  }

  /** @throws with what kubectl says */
  kubectl(args: readonly string[], input?: string): Promise<string> {
    return kubectl(args, input);
  }

  async apply(object: object): Promise<void> {
    await kubectl(['apply', '-f', '-'], JSON.stringify(object));
  }

  async get<T>(namespace: string, kind: string, name: string): Promise<T> {
    return JSON.parse(await kubectl(['-n', namespace, 'get', kind, name, '-o', 'json'])) as T;
  }

  /** Runs a program in the only container of a pod. */
  async exec(namespace: string, pod: string, command: readonly string[]): Promise<ExecResult> {
    try {
      return { exitCode: 0, output: await kubectl(['-n', namespace, 'exec', pod, '--', ...command]) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exitCode: code, output: stdout + stderr };
    }
  }

  /** Deletes a namespace with all that is in it, also pods that a finalizer keeps. Is content if there is none. */
  async discard(namespace: string): Promise<void> {
    const pods = await kubectl(['-n', namespace, 'get', 'pods', '-o', 'name']);
    const keepNothing = JSON.stringify({ metadata: { finalizers: null } });
    for (const pod of pods.split('\n').filter((line) => line !== '')) {
      await kubectl(['-n', namespace, 'patch', pod, '--type=merge', '-p', keepNothing]);
    }
    await kubectl(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found']);
  }
}

async function kubectl(args: readonly string[], input = ''): Promise<string> {
  const started = run('kubectl', [...args], { maxBuffer: MAX_OUTPUT_BYTES });
  started.child.stdin?.end(input);
  return (await started).stdout;
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

/** Makes ports of a pod reachable at 127.0.0.1, where they come from the pod's own loopback address. */
export class ForwardedPorts {
  readonly #forward: ChildProcess;
  readonly #ports = new Map<number, number>();

  private constructor(namespace: string, pod: string, ports: readonly number[]) {
    const args = ['-n', namespace, 'port-forward', `pod/${pod}`, ...ports.map((port) => `:${port}`)];
    this.#forward = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    process.once('exit', this.close);
  }

  /** @throws {Error} when kubectl ends before it listens: the pod does not run */
  static async open(namespace: string, pod: string, ports: readonly number[]): Promise<ForwardedPorts> {
    const opened = new ForwardedPorts(namespace, pod, ports);
    for await (const line of createInterface({ input: opened.#forward.stdout! })) {
      const [, local, remote] = /^Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)/.exec(line) ?? [];
      if (remote !== undefined) opened.#ports.set(Number(remote), Number(local));
      if (opened.#ports.size < ports.length) continue;
      // It says something of each connection, and waits for whoever reads that.
      opened.#forward.stdout!.resume();
      return opened;
    }
    throw new Error(`kubectl forwards no port of ${pod}`);
  }

  /** The port of this machine behind which a port of the pod is. */
  of(port: number): number {
    return this.#ports.get(port)!;
  }

  readonly close = (): void => {
    process.off('exit', this.close);
    this.#forward.kill();
  };
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

  static async open(port: number, { hostAddress }: TestCluster): Promise<PortForPods> {
    const opened = new PortForPods(port);
    await once(opened.#server.listen(0, hostAddress), 'listening');
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
