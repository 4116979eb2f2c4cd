import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { forward } from './stalling-proxy.js';

/** Where the line is cut, for good. */
export interface Cut {
  readonly method: string;
  readonly pathEnd: string;
  /** `before`: the registry never hears of the request; `after`: it did what was asked, and nobody hears of it. */
  readonly when: 'before' | 'after';
  /** What else happens then, such as the end of the registry. */
  readonly also?: () => Promise<void>;
}

/** Stands in front of the registry, and cuts the line at one request: from there on nothing passes. */
export class CuttingProxy {
  readonly #server: Server;
  #isCut = false;

  private constructor(upstream: string, cut: Cut) {
    this.#server = createServer((incoming, outgoing) => {
      const matches = !this.#isCut && this.#matches(incoming, cut);
      if (this.#isCut || (matches && cut.when === 'before')) {
        this.#isCut = true;
        void (cut.also?.() ?? Promise.resolve()).finally(() => outgoing.destroy());
        return;
      }
      if (matches) this.#isCut = true;
      forward(upstream, incoming, outgoing, (answer) => {
        if (!matches) answer.pipe(outgoing);
        else outgoing.destroy();
      });
    });
  }

  static async start(upstream: string, cut: Cut): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(upstream, cut);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get uri(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #matches({ method, url }: IncomingMessage, cut: Cut): boolean {
    return method === cut.method && new URL(url ?? '/', 'http://proxy').pathname.endsWith(cut.pathEnd);
  }
}
