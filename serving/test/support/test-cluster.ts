import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SERVING_ROOT } from './training-environment.js';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;

/** Where this machine is to be found from a pod. */
const HOST_ADDRESS = process.env['CLUSTER_HOST_ADDRESS'] ?? '172.31.255.1';

/** A cold one is compiled first. */
export const CLUSTER_TIMEOUT_MS = 20 * 60_000;

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

/**
 * A real Kubernetes on this machine, by the commands in CLUSTER_TOOLS: `up` prints the path of a KUBECONFIG, `down`
 * stops it, `image-load` brings an image in. One that runs already is left running.
 */
export class TestCluster {
  readonly #tools: string;
  readonly #kubeconfig: string;
  readonly #wasRunning: boolean;

  private constructor(tools: string, kubeconfig: string, wasRunning: boolean) {
    this.#tools = tools;
    this.#kubeconfig = kubeconfig;
    this.#wasRunning = wasRunning;
  }

  static async start(): Promise<TestCluster> {
    const tools = resolve(SERVING_ROOT, process.env['CLUSTER_TOOLS'] ?? '../../shared/cluster');
    if (!existsSync(join(tools, 'up'))) throw new Error(`No test cluster at ${tools}; set CLUSTER_TOOLS`);
    const usual = join(home(), 'pki/admin.kubeconfig');
    const wasRunning = existsSync(usual) && (await new TestCluster(tools, usual, true).#answers());
    const { stdout } = await run(join(tools, 'up'), [], { maxBuffer: MAX_OUTPUT_BYTES });
    return new TestCluster(tools, stdout.trim(), wasRunning);
  }

  async stop(): Promise<void> {
    if (!this.#wasRunning) await run(join(this.#tools, 'down'));
  }

  async load(image: string): Promise<void> {
    await run(join(this.#tools, 'image-load'), [image], { maxBuffer: MAX_OUTPUT_BYTES });
  }

  /** @throws with what kubectl says */
  async kubectl(args: readonly string[], input = ''): Promise<string> {
    const started = run('kubectl', [...args], { env: this.#env(), maxBuffer: MAX_OUTPUT_BYTES });
    started.child.stdin?.end(input);
    return (await started).stdout;
  }

  async apply(object: object): Promise<void> {
    await this.kubectl(['apply', '-f', '-'], JSON.stringify(object));
  }

  async get<T>(namespace: string, kind: string, name: string): Promise<T> {
    return JSON.parse(await this.kubectl(['-n', namespace, 'get', kind, name, '-o', 'json'])) as T;
  }

  /** Runs a program in the only container of a pod. */
  async exec(namespace: string, pod: string, command: readonly string[]): Promise<ExecResult> {
    try {
      return { exitCode: 0, output: await this.kubectl(['-n', namespace, 'exec', pod, '--', ...command]) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exitCode: code, output: stdout + stderr };
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.kubectl(['get', '--raw', '/readyz', '--request-timeout=3s']);
      return true;
    } catch {
      return false;
    }
  }

  #env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      KUBECONFIG: this.#kubeconfig,
      PATH: `${join(dirname(dirname(this.#kubeconfig)), 'bin')}:${process.env['PATH'] ?? ''}`,
    };
  }
}

function home(): string {
  return process.env['CLUSTER_HOME'] ?? join(homedir(), '.cache/cluster-testbed');
}

/** Makes a port of this machine's loopback reachable from pods. */
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

  static async open(port: number): Promise<PortForPods> {
    const opened = new PortForPods(port);
    await once(opened.#server.listen(0, HOST_ADDRESS), 'listening');
    return opened;
  }

  /** As pods address it. */
  get uri(): string {
    return `http://${HOST_ADDRESS}:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}
