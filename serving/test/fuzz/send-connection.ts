import { connect } from 'node:net';
import { deliveryHeaders } from '../support/webhook-delivery.js';
import { readAnswers } from './answer-reader.js';
import type { ConnectionCase } from './fuzz-case.js';
import { WEBHOOK_SECRET } from './valid-exchanges.js';
import { problemsOfAnswer } from './verdict.js';

/** Far beyond every time limit that a tier under fuzz is given. */
const BOUND_MS = 20_000;
/** Another answer on the same connection comes within this, or is not waited for. */
const QUIET_MS = 40;

/** What became of a case. */
export interface Outcome {
  readonly problems: readonly string[];
  /** A short name of how it was answered, to be counted. */
  readonly answer: string;
}

/** The bytes with the placeholders of a signed delivery replaced, for the clock as it is now. */
function signed(bytes: Buffer, body: Buffer): Buffer {
  const headers = deliveryHeaders({ secret: WEBHOOK_SECRET, body });
  return Buffer.from(
    bytes
      .toString('latin1')
      .replace('@signature@', headers['x-mlflow-signature'])
      .replace('@delivery@', headers['x-mlflow-delivery-id'])
      .replace('@timestamp@', headers['x-mlflow-timestamp']),
    'latin1',
  );
}

/**
 * Writes the case's bytes on a connection of their own and judges what comes back. The pieces leave in separate
 * turns of the event loop.
 */
export async function sendConnection(
  { pieces, ending, ...fuzzCase }: ConnectionCase,
  port: number,
): Promise<Outcome> {
  const { port: kind, signed: body } = fuzzCase;
  const bytes = body === undefined ? pieces : [signed(Buffer.concat(pieces), body)];
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  // A reset is one of the ways in which a connection ends; one that is refused is none.
  const end = { isRefused: false, isLate: false };
  socket.on('error', (error: NodeJS.ErrnoException) => {
    end.isRefused ||= error.code === 'ECONNREFUSED';
  });
  const received: Buffer[] = [];
  const connected = new Promise<void>((resolve) => {
    socket.once('connect', resolve);
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
    socket.once('end', resolve);
  });
  const bound = setTimeout(() => {
    end.isLate = true;
    socket.destroy();
  }, BOUND_MS);
  let quiet: NodeJS.Timeout | undefined;
  const toHead = kind !== 'grpc' && Buffer.concat(bytes.slice(0, 2)).includes('HEAD ');
  try {
    await Promise.race([connected, closed]);
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      clearTimeout(quiet);
      if (kind === 'grpc' || readAnswers(Buffer.concat(received), toHead).answers.length > 0) {
        quiet = setTimeout(() => socket.end(), QUIET_MS);
      }
    });
    for (const piece of bytes) {
      if (!socket.writable) break;
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (ending === 'reset') {
      socket.resetAndDestroy();
      return { problems: [], answer: 'reset' };
    }
    if (ending === 'end') socket.end();
    await closed;
  } finally {
    clearTimeout(bound);
    clearTimeout(quiet);
    socket.destroy();
  }
  if (end.isRefused) return { problems: ['nobody listens any more'], answer: 'refused' };
  if (end.isLate) return { problems: [`neither answered nor closed within ${BOUND_MS} ms`], answer: 'late' };
  if (kind === 'grpc') return { problems: [], answer: 'closed' };
  return judged(Buffer.concat(received), toHead, ending === 'wait');
}

/** @param isAwaited the client did nothing but wait, so that the first answer has to be whole */
function judged(bytes: Buffer, toHead: boolean, isAwaited: boolean): Outcome {
  const { answers, rest } = readAnswers(bytes, toHead);
  const problems = answers.flatMap((answer) => problemsOfAnswer(answer, !toHead));
  // Where HEAD and others were mixed, a body may stand where the next answer was expected.
  if (rest.length > 0 && !toHead) {
    if (!/^HTTP\/1\.1 \d{3} /.test(rest.toString('latin1', 0, 13))) {
      problems.push(`no HTTP: ${rest.toString('latin1', 0, 40)}`);
    } else if (isAwaited && answers.length === 0) {
      problems.push(`an answer was cut short: ${rest.toString('latin1', 0, 40)}`);
    }
  }
  return { problems, answer: answers.map(({ status }) => status).join(' then ') || 'closed' };
}
