import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** HTTP on a free port of the loopback address: what fakes that stand in for a service have in common. */
export abstract class LoopbackServer {
  readonly #server = createServer((request, response) => {
    this.answer(request, response);
  });

  /** @param of what the constructor takes */
  static async start<T extends LoopbackServer, A extends readonly unknown[]>(
    this: new (...of: A) => T,
    ...of: A
  ): Promise<T> {
    const started = new this(...of);
    await once(started.#server.listen(0, '127.0.0.1'), 'listening');
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts connections that are open. */
  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  protected abstract answer(request: IncomingMessage, response: ServerResponse): void;
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
