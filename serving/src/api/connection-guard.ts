import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RequestError } from '../errors.js';
import { toMessage, type RefuseEarly } from './early-refusal.js';

/** How long a client has to read why its connection ends. */
const LINGER_MS = 1_000;
/** By then, whoever reads the body of a request has answered for it. */
const ANSWER_MS = 5_000;

const LAST_RESPONSE = Symbol('last response');
const CLOSING = Symbol('closing');

/** What is known of a connection. Properties, since this is written on every request. */
interface GuardedSocket extends Socket {
  /** Responses go out in the order of their requests: when the last one has, all have. */
  [LAST_RESPONSE]?: ServerResponse;
  [CLOSING]?: true;
}

/** What went wrong on a connection, for its client; undefined when there is nobody left to tell. */
function refusalOf(error: NodeJS.ErrnoException): RequestError | undefined {
  const code = error.code ?? '';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new RequestError('REQUEST_TIMEOUT', 'The request did not arrive in time');
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new RequestError('HEADERS_TOO_LARGE', 'The headers have more bytes than allowed');
  }
  if (code === 'HPE_INVALID_EOF_STATE') {
    return new RequestError('INVALID_REQUEST', 'The connection ended before the body did');
  }
  // The parser's own message quotes what it could not read.
  if (code.startsWith('HPE_')) return new RequestError('MALFORMED_HTTP', 'Expected HTTP/1.1');
  return undefined;
}

/** Ends a connection with what there is still to say, and drops what the client is still sending. */
function end(socket: Socket, message?: string): void {
  // The server no longer listens to a socket that it has handed over, and a client may be gone by now: an error that
  // nobody hears would end the process.
  socket.on('error', () => {
    socket.destroy();
  });
  if (message === undefined || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(message);
  const timer = setTimeout(() => {
    socket.destroy();
  }, LINGER_MS);
  socket.once('end', () => {
    socket.destroy();
  });
  socket.once('close', () => {
    clearTimeout(timer);
  });
}

/**
 * Answers what Node would answer by itself, or not at all: requests that are cut off, too slow, too large or no HTTP
 * get problem details like all others. What is read on one connection never answers for another request on it.
 */
export function guardConnections(server: Server, refuse: RefuseEarly): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: GuardedSocket) => {
    // A broken message is reported again with every byte that follows.
    if (socket[CLOSING] !== undefined) return;
    const refusal = refusalOf(error);
    // A connection that nothing was ever asked on, such as a browser's spare one, is owed no answer.
    if (refusal === undefined || !socket.writable || socket.bytesRead === 0) {
      socket.destroy();
      return;
    }
    const last = socket[LAST_RESPONSE];
    if (last === undefined || (last.writableFinished && last.req.complete)) {
      socket[CLOSING] = true;
      end(socket, toMessage(refuse(refusal)));
    } else if (last.req.complete) {
      // The message after one that is being answered: first that answer, then this one.
      socket[CLOSING] = true;
      last.once('close', () => {
        end(socket, toMessage(refuse(refusal)));
      });
    } else if (!last.headersSent && last.socket !== null && last.req.listenerCount('error') > 0) {
      // The body is what is wrong, and whoever reads it answers.
      socket[CLOSING] = true;
      last.setHeader('connection', 'close');
      last.req.emit('error', refusal);
      const timer = setTimeout(() => {
        socket.destroy();
      }, ANSWER_MS);
      socket.once('close', () => {
        clearTimeout(timer);
      });
    } else {
      // The answer is on its way or out, or others are in front of it: nothing more can be said in its place.
      socket.destroy();
    }
  });

  server.on('connect', (_request, socket: Socket) => {
    end(socket, toMessage(refuse(new RequestError('METHOD_NOT_ALLOWED', 'This is no proxy'))));
  });
}

/** What is wrong with a request that Node lets pass or would refuse in its own words. */
function objectionTo(request: IncomingMessage, maxHeaders: number): RequestError | undefined {
  if (request.rawHeaders.length > 2 * maxHeaders) {
    return new RequestError('HEADERS_TOO_LARGE', `More than ${maxHeaders} header lines`);
  }
  if (request.headers.host === undefined && request.httpVersion === '1.1') {
    return new RequestError('MALFORMED_HTTP', 'Expected the header host');
  }
  return undefined;
}

/** Hands on what may be handed on. */
export function guardRequests(
  handler: RequestListener,
  maxHeaders: number,
  refuse: RefuseEarly,
): RequestListener {
  return (request, response) => {
    (request.socket as GuardedSocket)[LAST_RESPONSE] = response;
    const objection = objectionTo(request, maxHeaders);
    if (objection === undefined) {
      handler(request, response);
      return;
    }
    const { status, headers, body } = refuse(objection);
    response.writeHead(status, headers).end(body);
  };
}
