import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ServableId } from '../servables/servable.js';

/** A client's request id that is harmless to repeat. */
export const CLIENT_REQUEST_ID = /^[\w.-]{1,128}$/;

/** The client's own `x-request-id` where it is harmless to repeat, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && CLIENT_REQUEST_ID.test(given) ? given : randomUUID();
}

/** What every reply carries, errors too; `none` while no version is available. */
export function replyHeaders(servable: ServableId | undefined, requestId: string): Record<string, string> {
  return {
    'x-model-version': servable?.version ?? 'none',
    'x-model-digest': servable?.digest ?? 'none',
    'x-request-id': requestId,
  };
}
