import { parentPort } from 'node:worker_threads';
import { messageOf, RequestError } from '../../errors.js';
import { RowBatch } from '../../servables/row-batch.js';
import { RowEncoder } from '../../servables/row-encoder.js';
import { toRequestError } from '../problem.js';
import type { Exchange } from '../protocols/protocol.js';
import { PROTOCOLS } from '../protocols/protocols.js';
import type { CodecCommand, CodecMessage } from './codec-messages.js';

/**
 * The thread of the ThreadedBulkCodec: reads and writes messages by the same protocols as the inference lane. What
 * a message said is kept here between the two, so that only rows and outputs cross over.
 */
const port = parentPort!;
const encoders = new Map<string, RowEncoder>();
const exchanges = new Map<number, Exchange>();

/** Signatures that are remembered; the sender repeats those that it has not sent for a while. */
const MAX_SIGNATURES = 32;

function say(message: CodecMessage, transfer: readonly ArrayBuffer[]): void {
  port.postMessage(message, transfer);
}

function remember(key: string, encoder: RowEncoder): void {
  encoders.delete(key);
  encoders.set(key, encoder);
  if (encoders.size > MAX_SIGNATURES) encoders.delete([...encoders.keys()][0]!);
}

function read({ id, route, head, body, signatureKey, maxRows }: CodecCommand & { kind: 'read' }): void {
  const protocol = PROTOCOLS.find((candidate) => candidate.route === route)!;
  const exchange = protocol.read(head, Buffer.from(body));
  const { rows } = exchange.request;
  if (rows > maxRows) {
    throw new RequestError('TOO_MANY_ROWS', `The request has ${rows} rows; at most ${maxRows} are allowed`);
  }
  exchanges.set(id, exchange);
  encode(id, signatureKey);
}

function encode(id: number, signatureKey: string): void {
  const { request } = exchanges.get(id)!;
  const { rows } = request;
  const encoder = encoders.get(signatureKey)!;
  const batch = new RowBatch(encoder.inputs, rows);
  request.encode(encoder, batch);
  const { inputs } = batch;
  say(
    { kind: 'rows', id, rows: { rows, inputs } },
    inputs.flatMap((data) => (Array.isArray(data) ? [] : [data.buffer as ArrayBuffer])),
  );
}

function write({ id, prediction, requestId }: CodecCommand & { kind: 'write' }): void {
  const { contentType, body, headers } = exchanges.get(id)!.reply(prediction, requestId);
  // A copy of its own: small buffers share their memory, and shared memory can't be handed over.
  const bytes = new Uint8Array(typeof body === 'string' ? Buffer.from(body) : body);
  say({ kind: 'reply', id, reply: { contentType, body: bytes.buffer, headers } }, [bytes.buffer]);
}

function obey(command: CodecCommand): void {
  switch (command.kind) {
    case 'signature': {
      const { key, manifest, unknownFeatures } = command.signature;
      remember(key, new RowEncoder(manifest, unknownFeatures));
      return;
    }
    case 'read':
      read(command);
      return;
    case 'encode':
      encode(command.id, command.signatureKey);
      return;
    case 'write':
      write(command);
      return;
    case 'forget':
      exchanges.delete(command.id);
  }
}

port.on('message', (command: CodecCommand) => {
  try {
    obey(command);
  } catch (thrown) {
    if (command.kind === 'signature') throw thrown;
    const { code, message, errors, cause } = toRequestError(thrown);
    const reason = cause === undefined ? undefined : messageOf(cause);
    say({ kind: 'refused', id: command.id, code, detail: message, errors, cause: reason }, []);
  }
});
