import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { forward } from './stalling-proxy.js';

interface RecordedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Stands in front of the registry, changes nothing, and keeps what it was asked. */
export class RecordingProxy {
  readonly calls: RecordedCall[] = [];
  readonly #server: Server;

  private constructor(upstream: string) {
    this.#server = createServer((incoming, outgoing) => {
      this.calls.push({ path: incoming.url ?? '', headers: incoming.headers });
      forward(upstream, incoming, outgoing, (answer) => answer.pipe(outgoing));
    });
  }

  static async start(upstream: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(upstream);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get uri(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
