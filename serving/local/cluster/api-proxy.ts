import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import axios from 'axios';
import type { z } from 'zod';
import { PlatformFailure } from '../failure.js';

/**
 * Reaches pods by way of the API server, wherever their network is, without a forwarding for each. What needs
 * credentials of its own can't be reached like this: the API server takes them for its own.
 */
export class ApiProxy {
  readonly #proxy: ChildProcess;
  #url = '';

  private constructor() {
    this.#proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#proxy.on('error', () => undefined);
    process.once('exit', this.close);
  }

  /** @throws {PlatformFailure} when kubectl ends before it listens */
  static async open(): Promise<ApiProxy> {
    const opened = new ApiProxy();
    for await (const line of createInterface({ input: opened.#proxy.stdout! })) {
      const [, address] = /^Starting to serve on (\S+)/.exec(line) ?? [];
      if (address === undefined) continue;
      opened.#url = `http://${address}`;
      opened.#proxy.stdout!.resume();
      return opened;
    }
    opened.close();
    throw new PlatformFailure(
      'kubectl proxy does not start.',
      'Is there a kubectl, and does KUBECONFIG name a cluster?',
    );
  }

  /** A port of a pod, as the start of an address. */
  pod(namespace: string, pod: string, port: number): string {
    return `${this.#url}/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy`;
  }

  /** What the API server answers, asked without the price of starting kubectl. */
  async get<S extends z.ZodType>(schema: S, path: string): Promise<z.infer<S>> {
    const { data } = await axios.get<unknown>(this.#url + path, { timeout: 10_000 });
    return schema.parse(data);
  }

  readonly close = (): void => {
    process.off('exit', this.close);
    this.#proxy.kill();
  };
}
