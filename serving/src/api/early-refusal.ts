import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { RequestError } from '../errors.js';
import type { RequestMetrics } from '../metrics/requests.js';
import type { ServableId } from '../servables/servable.js';
import { PROBLEM_TYPE, refusalHeaders, toProblem } from './problem.js';
import { replyHeaders } from './reply-headers.js';

/** An answer to what never became a request with a route: everything about it is the same as elsewhere. */
export interface EarlyRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a connection answers where no route can. */
export type RefuseEarly = (error: RequestError) => EarlyRefusal;

/** @param metrics counts what is refused, under the route `none` */
export function earlyRefusals(
  champion: () => ServableId | undefined = () => undefined,
  metrics?: RequestMetrics,
): RefuseEarly {
  return (error) => {
    metrics?.refused('none', error.status, error.code);
    const requestId = randomUUID();
    const body = JSON.stringify(toProblem(error, requestId));
    return {
      status: error.status,
      headers: {
        ...replyHeaders(champion(), requestId),
        ...refusalHeaders(error),
        'content-type': PROBLEM_TYPE,
        'content-length': String(Buffer.byteLength(body)),
        connection: 'close',
      },
      body,
    };
  };
}

/** As bytes, for a connection that has no response object. */
export function toMessage({ status, headers, body }: EarlyRefusal): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}
