import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PlatformFailure } from '../failure.js';

/** Makes ports of a pod reachable at 127.0.0.1, where they come from the pod's own loopback address. */
export class ForwardedPorts {
  readonly #forward: ChildProcess;
  #complaint = 'Does it run?';
  readonly #ports = new Map<number, number>();

  private constructor(namespace: string, target: string, ports: readonly number[], sameHere: boolean) {
    const pairs = ports.map((port) => `${sameHere ? port : ''}:${port}`);
    const args = ['-n', namespace, 'port-forward', target, ...pairs];
    this.#forward = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#forward.on('error', () => undefined);
    this.#forward.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#complaint = text.trim()));
    process.once('exit', this.close);
  }

  /**
   * @param target such as `pod/name` or `service/name`, which is one of its pods; ports are those of the service then
   * @param sameHere under the same numbers, of a program that tells its clients where it is; else under any free ones
   * @throws {PlatformFailure} when kubectl ends before it listens: the pod does not run
   */
  static async open(
    namespace: string,
    target: string,
    ports: readonly number[],
    { sameHere = false } = {},
  ): Promise<ForwardedPorts> {
    const opened = new ForwardedPorts(namespace, target, ports, sameHere);
    for await (const line of createInterface({ input: opened.#forward.stdout! })) {
      const [, local] = /^Forwarding from 127\.0\.0\.1:(\d+) -> \d+/.exec(line) ?? [];
      if (local === undefined) continue;
      // In the order in which they were asked for; of a service, the other number is that of its pod.
      opened.#ports.set(ports[opened.#ports.size]!, Number(local));
      if (opened.#ports.size < ports.length) continue;
      // It says something of each connection, and waits for whoever reads that.
      opened.#forward.stdout!.resume();
      return opened;
    }
    opened.close();
    throw new PlatformFailure(`kubectl forwards no port of ${target} in ${namespace}: ${opened.#complaint}`);
  }

  /** The port of this machine behind which a port of the target is. */
  of(port: number): number {
    return this.#ports.get(port)!;
  }

  readonly close = (): void => {
    process.off('exit', this.close);
    this.#forward.kill();
  };
}
