import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What stands between clients and a tier, and does not leave it as it is. */
export interface Lies {
  /** Port of the tier that answers a path; undefined: the public one. */
  readonly portOf?: (path: string) => number | undefined;
  /** What becomes of the body of an answer. */
  readonly rewrite?: (path: string, body: string) => string;
  /** Whether the connection is cut instead, by the number of the request. */
  readonly cut?: (request: number) => boolean;
}

/** An edge in front of a tier, with TLS where it has a certificate. It tells the truth unless it is told to lie. */
export class LyingEdge {
  #requests = 0;

  private constructor(
    private readonly server: Server,
    private readonly scheme: 'http' | 'https',
  ) {}

  static async start(
    port: number,
    lies: Lies = {},
    certificate?: { readonly key: string; readonly cert: string },
  ): Promise<LyingEdge> {
    const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
      edge.#answer(port, lies, incoming, outgoing);
    };
    const server = certificate === undefined ? createServer(answer) : createTlsServer(certificate, answer);
    const edge = new LyingEdge(server, certificate === undefined ? 'http' : 'https');
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return edge;
  }

  /** Sends whoever asks to an origin with TLS. */
  static async redirecting(): Promise<LyingEdge> {
    const server = createServer(({ headers, url }, outgoing) => {
      outgoing.writeHead(308, { location: `https://${headers.host ?? ''}${url ?? ''}` }).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new LyingEdge(server, 'http');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.scheme}://localhost:${this.port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  #answer(port: number, lies: Lies, incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.#requests += 1;
    if (lies.cut?.(this.#requests) === true) {
      incoming.socket.destroy();
      return;
    }
    const path = incoming.url ?? '/';
    const upstream = request(
      {
        host: '127.0.0.1',
        port: lies.portOf?.(path) ?? port,
        path,
        method: incoming.method,
        headers: incoming.headers,
      },
      (answered) => {
        void text(answered).then((body) => {
          const said = lies.rewrite?.(path, body) ?? body;
          outgoing.writeHead(answered.statusCode ?? 502, {
            ...answered.headers,
            'content-length': Buffer.byteLength(said),
          });
          outgoing.end(said);
        });
      },
    );
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  }
}
