import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import type { CallCase } from './fuzz-case.js';
import type { Outcome } from './send-connection.js';
import { problemsOfCall, type CallAnswer } from './verdict.js';

const BOUND_MS = 20_000;

interface Received {
  response?: IncomingHttpHeaders;
  trailers?: IncomingHttpHeaders;
  isLate: boolean;
}

/** Makes gRPC calls of whatever bytes, on one connection of HTTP/2 that is opened again when it was closed. */
export class CallSender {
  readonly #port: number;
  #session: ClientHttp2Session | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  async send({ path, headers, frames }: CallCase): Promise<Outcome> {
    const stream = this.#open().request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const watches = path.endsWith('/Watch');
    const received: Received = { isLate: false };
    const bound = setTimeout(() => {
      received.isLate = true;
      stream.close(constants.NGHTTP2_CANCEL);
    }, BOUND_MS);
    await new Promise<void>((resolve) => {
      stream.on('response', (headers) => {
        received.response = headers;
      });
      stream.on('trailers', (headers: IncomingHttpHeaders) => {
        received.trailers = headers;
      });
      // A stream that is reset says so in its end.
      stream.on('error', () => undefined);
      stream.once('close', resolve);
      stream.on('data', () => {
        // A health check that watches never ends by itself: its first answer is all there is to see.
        if (watches) stream.close(constants.NGHTTP2_CANCEL);
      });
      stream.end(frames);
    });
    clearTimeout(bound);
    const { response, trailers, isLate } = received;
    if (isLate) return { problems: [`the call did not end within ${BOUND_MS} ms`], answer: 'late' };
    // A call that is reset has no status: allowed where its own header asked for a time that is over.
    if (response === undefined && headers['grpc-timeout'] !== undefined)
      return { problems: [], answer: 'reset' };
    if (watches && response?.['grpc-status'] === undefined) return { problems: [], answer: 'watched' };
    const answer = answerOf(response, trailers);
    return {
      problems: problemsOfCall(path, answer),
      answer: `gRPC ${answer.grpcStatus ?? `HTTP ${answer.httpStatus ?? '-'}`}`,
    };
  }

  close(): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(`http://127.0.0.1:${this.#port}`);
      this.#session.on('error', () => undefined);
    }
    return this.#session;
  }
}

function answerOf(
  response: IncomingHttpHeaders | undefined,
  trailers: IncomingHttpHeaders | undefined,
): CallAnswer {
  // An answer of nothing but trailers has all of them in its first headers.
  const all = { ...response, ...trailers };
  const text = (name: string): string | undefined => {
    const value = all[name];
    return Array.isArray(value) ? value.join() : value;
  };
  const code = text('grpc-status');
  return {
    httpStatus: response?.[':status'] as number | undefined,
    grpcStatus: code === undefined ? undefined : Number(code),
    message: decoded(text('grpc-message') ?? ''),
    errorCode: text('x-error-code'),
  };
}

/** gRPC writes its messages as paths are written. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
