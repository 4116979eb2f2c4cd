import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { freePorts } from '../support/free-ports.js';

/** What a tier answers; `cut` closes the connection, `hang` never answers. */
export type ScriptedAnswer =
  | 'score'
  | 'cut'
  | 'hang'
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };

/** A serving tier that answers as a test wants it to. */
export class ScriptedTier {
  /** Request ids in the order in which they came. */
  readonly asked: string[] = [];
  readonly requestHeaders: IncomingMessage['headers'][] = [];
  /** What is answered to a request id from now on. */
  answer: (requestId: string) => ScriptedAnswer = () => 'score';
  /** Milliseconds until it does. */
  delayMs = 0;
  connections = 0;
  largestAtOnce = 0;
  #atOnce = 0;
  #server: Server | undefined;
  #port = 0;

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      // A request that is cut has nobody to answer.
      this.#handle(request, response).catch(() => undefined);
    });
    server.on('connection', () => (this.connections += 1));
    this.#server = server;
    // Nobody else gets it by chance while this one is away.
    this.#port ||= (await freePorts(1))[0]!;
    await once(server.listen(this.#port, '127.0.0.1'), 'listening');
  }

  /** Goes away; `start` brings it back under the same address. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = String(request.headers['x-request-id']);
    this.#atOnce += 1;
    this.largestAtOnce = Math.max(this.largestAtOnce, this.#atOnce);
    this.asked.push(requestId);
    this.requestHeaders.push(request.headers);
    try {
      await text(request);
      if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    } finally {
      this.#atOnce -= 1;
    }
    const answer = this.answer(requestId);
    if (answer === 'hang') return;
    if (answer === 'cut') {
      request.socket.destroy();
      return;
    }
    const {
      status,
      body = '',
      headers = {},
    } = answer === 'score'
      ? {
          status: 200,
          body: JSON.stringify({
            predictions: [{ score: 0.5 }],
            model_name: 'scripted',
            model_version: '7',
            request_id: requestId,
          }),
        }
      : answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  }
}
