import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { CLIENT_REQUEST_ID } from '../api/reply-headers.js';
import type { DeadLetterReason } from './disposition.js';

/** Longer ones name nothing that anybody would look up. */
const MAX_KEY_BYTES = 256;

/** One message that the tier can be asked about. */
export interface Application {
  readonly id: string;
  /** What the tier, its prediction log and outcomes call it. The same for every delivery of the same key. */
  readonly requestId: string;
  /** A JSON object: one row. */
  readonly row: Buffer;
}

/** Why a message can't even be asked about. */
export interface Unusable {
  readonly reason: DeadLetterReason;
  /** For people. Never holds anything of the message. */
  readonly detail: string;
}

/** The key itself where it can be a request id, so that outcomes can be brought under it; else a hash of it. */
export function requestIdOf(applicationId: string): string {
  if (CLIENT_REQUEST_ID.test(applicationId)) return applicationId;
  return `key-${createHash('sha256').update(applicationId).digest('hex')}`;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** @param maxBytes of key and value together */
export function readApplication(
  { key, value }: { readonly key: Buffer | null; readonly value: Buffer | null },
  maxBytes: number,
): Application | Unusable {
  const bytes = (key?.length ?? 0) + (value?.length ?? 0);
  if (bytes > maxBytes) {
    return { reason: 'oversized', detail: `${bytes} bytes, at most ${maxBytes} are taken` };
  }
  if (key === null || key.length === 0) return { reason: 'malformed', detail: 'there is no key' };
  if (key.length > MAX_KEY_BYTES || !isUtf8(key)) {
    return { reason: 'malformed', detail: `the key is no text of at most ${MAX_KEY_BYTES} bytes` };
  }
  if (value === null || !isUtf8(value) || !isObject(value.toString())) {
    return { reason: 'malformed', detail: 'the value is no JSON object' };
  }
  const id = key.toString();
  return { id, requestId: requestIdOf(id), row: value };
}
