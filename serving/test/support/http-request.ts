import { once } from 'node:events';
import { request, type Agent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body parsed as JSON; throws when it is none. */
  readonly json: unknown;
}

export interface HttpRequestOptions {
  /** 127.0.0.1 unless it says otherwise. */
  readonly host?: string;
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Shared connections; without it, each request has one of its own that is closed afterwards. */
  readonly agent?: Agent;
  /** It fails when there is no answer by then; without it, it waits for as long as it takes. */
  readonly timeoutMs?: number;
}

/** Reads an answer to its end. */
export async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const body = await text(response);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: body,
    get json() {
      return JSON.parse(body) as unknown;
    },
  };
}

/** One request. */
export async function httpRequest({
  host = '127.0.0.1',
  port,
  path,
  method = 'GET',
  headers = {},
  body,
  agent,
  timeoutMs,
}: HttpRequestOptions): Promise<HttpAnswer> {
  const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const outgoing = request({ host, port, path, method, headers, agent: agent ?? false, signal });
  // A server may hang up before it has read everything. What comes after its answer is nobody's failure.
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return readAnswer(response);
}
