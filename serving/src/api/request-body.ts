import type { IncomingMessage } from 'node:http';
import { RequestError } from '../errors.js';

function tooLarge(maxBytes: number): RequestError {
  return new RequestError('BODY_TOO_LARGE', `The body is larger than ${maxBytes} bytes`);
}

/**
 * Reads a whole body.
 * @throws {RequestError} BODY_TOO_LARGE, as soon as it is known; INVALID_REQUEST when the client goes away
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge(maxBytes));
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        request.removeAllListeners('data');
        reject(tooLarge(maxBytes));
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => {
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes));
    });
    request.on('error', (cause) => {
      reject(new RequestError('INVALID_REQUEST', 'The connection ended before the body did', [], { cause }));
    });
  });
}

/** The media type without its parameters; undefined where none is declared. `application/x+json` is JSON. */
export function mediaTypeOf(request: IncomingMessage): string | undefined {
  const type = request.headers['content-type']?.split(';')[0]!.trim().toLowerCase();
  return type?.endsWith('+json') ? 'application/json' : type;
}

/** @throws {RequestError} UNSUPPORTED_MEDIA_TYPE */
export function requireIdentityEncoding(request: IncomingMessage): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'Expected a body without content-encoding');
  }
}

/** @throws {RequestError} UNSUPPORTED_MEDIA_TYPE */
export function requireJson(request: IncomingMessage): void {
  const type = mediaTypeOf(request);
  if (type !== 'application/json') {
    throw new RequestError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Expected the header content-type: application/json, found ${type === undefined ? 'none' : 'another type'}`,
    );
  }
  requireIdentityEncoding(request);
}
