import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { readAnswer, type HttpAnswer } from '../support/http-request.js';

const TIMEOUT_MS = 20_000;

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What is sent in place of the key; undefined: the key, where there is one. */
  readonly credential?: 'none' | 'wrong';
}

export interface TierClientOptions {
  readonly host?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Connections that may be open at once. */
  readonly connections?: number;
}

/** A client like any other: it has an address, maybe a key, and keeps its connections. */
export class TierClient {
  readonly #agent: Agent;
  readonly #sockets = new WeakSet<object>();
  #opened = 0;

  constructor(
    readonly origin: URL,
    private readonly options: TierClientOptions = {},
  ) {
    const kept = { keepAlive: true, maxSockets: options.connections ?? 4 };
    this.#agent = origin.protocol === 'https:' ? new TlsAgent(kept) : new Agent(kept);
  }

  /** Connections that were ever opened. */
  get opened(): number {
    return this.#opened;
  }

  async ask(
    path: string,
    { method = 'GET', headers = {}, body, credential }: AskOptions = {},
  ): Promise<HttpAnswer> {
    const { host, apiKey } = this.options;
    const outgoing = (this.origin.protocol === 'https:' ? httpsRequest : httpRequest)({
      hostname: this.origin.hostname.replace(/^\[|\]$/g, ''),
      port: this.origin.port,
      path,
      method,
      agent: this.#agent,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(host !== undefined && { servername: host.replace(/:\d+$/, '') }),
      headers: {
        ...(host !== undefined && { host }),
        ...credentialHeaders(apiKey, credential),
        ...headers,
      },
    });
    outgoing.on('socket', (socket) => {
      if (this.#sockets.has(socket)) return;
      this.#sockets.add(socket);
      this.#opened += 1;
    });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return readAnswer(response);
  }

  post(path: string, body: unknown, { headers, ...options }: AskOptions = {}): Promise<HttpAnswer> {
    return this.ask(path, {
      method: 'POST',
      body: JSON.stringify(body),
      ...options,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** Announces a body that it never sends, so that only its size can be judged. */
  async announce(path: string, bytes: number): Promise<HttpAnswer> {
    const { host, apiKey } = this.options;
    const outgoing = (this.origin.protocol === 'https:' ? httpsRequest : httpRequest)({
      hostname: this.origin.hostname.replace(/^\[|\]$/g, ''),
      port: this.origin.port,
      path,
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(host !== undefined && { servername: host.replace(/:\d+$/, '') }),
      headers: {
        ...(host !== undefined && { host }),
        ...credentialHeaders(apiKey, undefined),
        'content-type': 'application/json',
        'content-length': String(bytes),
      },
    });
    // The other side closes when it has answered, while this one still seems to send.
    outgoing.on('error', () => undefined);
    outgoing.write('{"instances":[');
    try {
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      return await readAnswer(response);
    } finally {
      outgoing.destroy();
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

function credentialHeaders(
  apiKey: string | undefined,
  credential: AskOptions['credential'],
): Record<string, string> {
  if (apiKey === undefined || credential === 'none') return {};
  return {
    'x-api-key':
      credential === 'wrong' ? `${apiKey.slice(0, -1)}${apiKey.endsWith('A') ? 'B' : 'A'}` : apiKey,
  };
}
