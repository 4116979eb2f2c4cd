import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands in front of the registry and stops in the middle of one file, for as long as it is wanted. */
export class StallingProxy {
  private constructor(
    private readonly server: Server,
    private readonly stalled: { count: number },
  ) {}

  /** @param fileName the answer to a path that ends with it is cut in half and never finished */
  static async start(upstream: string, fileName: string): Promise<StallingProxy> {
    const stalled = { count: 0 };
    const server = createServer((incoming, outgoing) => {
      forward(upstream, incoming, outgoing, (answer) => {
        if (!new URL(incoming.url ?? '/', upstream).pathname.endsWith(`/${fileName}`)) {
          answer.pipe(outgoing);
          return;
        }
        const half = Math.floor(Number(answer.headers['content-length'] ?? 2000) / 2);
        let sent = 0;
        answer.on('data', (chunk: Buffer) => {
          const part = chunk.subarray(0, Math.max(0, half - sent));
          sent += part.length;
          if (part.length > 0) outgoing.write(part);
        });
        answer.on('end', () => {
          stalled.count += 1;
        });
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StallingProxy(server, stalled);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many downloads hang now or have hung. */
  get stalls(): number {
    return this.stalled.count;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Passes a request on and hands over the answer to it, whose head is sent already. */
export function forward(
  upstream: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  onAnswer: (answer: IncomingMessage) => void,
): void {
  const { host, ...headers } = incoming.headers;
  host;
  const call = request(new URL(incoming.url ?? '/', upstream), { method: incoming.method ?? 'GET', headers });
  call.once('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    onAnswer(answer);
  });
  call.once('error', () => outgoing.destroy());
  incoming.pipe(call);
}
