import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { RequestError } from '../../errors.js';

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** @param token undefined: admin routes are off */
export function requireAdminToken(token: string | undefined): RequestHandler {
  return (request, _response, next) => {
    if (token === undefined) {
      throw new RequestError('FEATURE_DISABLED', 'Admin routes are off; set ADMIN_TOKEN to switch them on');
    }
    const given = /^Bearer (.+)$/.exec(request.get('authorization') ?? '')?.[1] ?? '';
    // Hashes are of one length, so the comparison tells nothing about the token's.
    if (!timingSafeEqual(sha256(given), sha256(token))) {
      throw new RequestError('UNAUTHORIZED', 'Expected the header authorization: Bearer <ADMIN_TOKEN>');
    }
    next();
  };
}
