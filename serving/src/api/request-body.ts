import type { IncomingMessage } from 'node:http';
import { RequestError } from '../errors.js';
import type { BodyLease } from './body-budget.js';
import type { RequestHead } from './protocols/protocol.js';

function tooLarge(maxBytes: number): RequestError {
  return new RequestError('BODY_TOO_LARGE', `The body is larger than ${maxBytes} bytes`);
}

/**
 * Reads a whole body.
 *
 * @param lease counts what arrives; undefined: nothing is counted
 * @throws {RequestError} BODY_TOO_LARGE, as soon as it is known; OVERLOADED when the lease says so; REQUEST_TIMEOUT;
 * INVALID_REQUEST when the client goes away
 */
export function readBody(request: IncomingMessage, maxBytes: number, lease?: BodyLease): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    // A promise is rejected with what is thrown here.
    if (announced > maxBytes) throw tooLarge(maxBytes);
    lease?.announce(announced);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (): void => {
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes));
    };
    const refuse = (refusal: Error): void => {
      request.off('data', take);
      request.off('end', finish);
      // The connection may linger for its answer; what was read must not linger with it.
      chunks.length = 0;
      reject(refusal);
    };
    const take = (chunk: Buffer): void => {
      try {
        bytes += chunk.length;
        if (bytes > maxBytes) throw tooLarge(maxBytes);
        lease?.add(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        refuse(error as RequestError);
      }
    };
    request.on('data', take);
    request.on('end', finish);
    request.on('error', (cause) => {
      // The connection's guard says what is wrong with the body; anything else is the connection's end.
      if (cause instanceof RequestError) reject(cause);
      else
        reject(
          new RequestError('INVALID_REQUEST', 'The connection ended before the body did', [], { cause }),
        );
    });
  });
}

/**
 * Whether more of the request is to come. A request without a body is not `complete` either when its handler is
 * called, since Node says so only afterwards.
 */
export function bodyIsOutstanding({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The media type without its parameters; undefined where none is declared. `application/x+json` is JSON. */
export function mediaTypeOf({ headers }: RequestHead): string | undefined {
  const declared = headers['content-type'];
  // Nearly all requests, and the cheapest way to say so.
  if (declared === 'application/json') return declared;
  const type = declared?.split(';')[0]!.trim().toLowerCase();
  return type?.endsWith('+json') ? 'application/json' : type;
}

/** @throws {RequestError} UNSUPPORTED_MEDIA_TYPE */
export function requireIdentityEncoding({ headers }: RequestHead): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'Expected a body without content-encoding');
  }
}

/** @throws {RequestError} UNSUPPORTED_MEDIA_TYPE */
export function requireJson(head: RequestHead): void {
  const type = mediaTypeOf(head);
  if (type !== 'application/json') {
    throw new RequestError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Expected the header content-type: application/json, found ${type === undefined ? 'none' : 'another type'}`,
    );
  }
  requireIdentityEncoding(head);
}
