import type { Worker } from 'node:worker_threads';
import { RequestError } from '../../errors.js';
import { startThread } from '../../thread.js';
import type { Prediction, PredictionOrder, PredictionService } from '../../prediction/prediction-service.js';
import type { EncodedRows } from '../../servables/row-encoder.js';
import type { Servable } from '../../servables/servable.js';
import type { Reply, RequestHead } from '../protocols/protocol.js';
import type { BulkCodec, BulkRequest } from './bulk-codec.js';
import type { CodecCommand, CodecMessage } from './codec-messages.js';

/** Parsing this much takes a millisecond or two, about what it costs to have it done elsewhere. */
const THRESHOLD_BYTES = 256 * 1024;
/** A body of JSON becomes several times its size of objects. Beyond this the thread ends, and its requests fail. */
const MAX_HEAP_MIB = 1_024;
/** Signatures that the thread is known to remember; fewer than it does. */
const SENT_SIGNATURES = 16;

/** What the protocols look at; the rest of the headers is nobody's business there. */
const HEADERS = ['content-type', 'content-encoding', 'inference-header-content-length'] as const;

interface Pending {
  readonly resolve: (message: CodecMessage) => void;
  readonly reject: (error: Error) => void;
}

export interface BulkCodecOptions {
  readonly unknownFeatures: 'refuse' | 'ignore';
  /** Bytes of bodies that may be with the thread at once; more are refused. */
  readonly maxPendingBytes: number;
}

/** The memory of a body, as a whole that can be handed over. */
function ownMemory(body: Buffer): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = body;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return new Uint8Array(body).buffer;
}

function headOf({ headers }: RequestHead): RequestHead {
  return { headers: Object.fromEntries(HEADERS.map((name) => [name, headers[name]])) };
}

/**
 * Has large bodies parsed, checked and answered on one thread beside the event loop: megabytes of JSON would hold
 * up every other request for tens of milliseconds. The graph computes where it always does, in pieces.
 */
export class ThreadedBulkCodec implements BulkCodec {
  readonly threshold = THRESHOLD_BYTES;
  readonly #service: PredictionService;
  readonly #options: BulkCodecOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #sent = new Set<string>();
  #worker: Worker | undefined;
  #ids = 0;
  #pendingBytes = 0;

  constructor(service: PredictionService, options: BulkCodecOptions) {
    this.#service = service;
    this.#options = options;
  }

  async predict(
    order: PredictionOrder,
    { protocol, head, body, requestId }: BulkRequest,
  ): Promise<{ readonly prediction: Prediction; readonly reply: Reply }> {
    const bytes = body.length;
    if (this.#pendingBytes > 0 && this.#pendingBytes + bytes > this.#options.maxPendingBytes) {
      throw new RequestError('OVERLOADED', 'Too many large requests wait to be read; try again later');
    }
    this.#ids += 1;
    const id = this.#ids;
    this.#pendingBytes += bytes;
    let isRead = false;
    try {
      const prediction = await this.#service.predictEncoded(order, (servable) => {
        // The body is the thread's since the first time, and read there.
        if (isRead) return this.#encode(id, servable);
        isRead = true;
        return this.#read(id, protocol.route, head, body, servable);
      });
      return { prediction, reply: await this.#write(id, prediction, requestId) };
    } finally {
      this.#pendingBytes -= bytes;
      this.#send({ kind: 'forget', id });
    }
  }

  /** Ends the thread. Requests that are still with it fail. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #read(
    id: number,
    route: string,
    head: RequestHead,
    body: Buffer,
    servable: Servable,
  ): Promise<EncodedRows> {
    const signatureKey = this.#signature(servable);
    const memory = ownMemory(body);
    return this.#rows(
      {
        kind: 'read',
        id,
        route,
        head: headOf(head),
        body: memory,
        signatureKey,
        maxRows: this.#service.maxRows,
      },
      [memory],
    );
  }

  /** The same rows for another servable. */
  async #encode(id: number, servable: Servable): Promise<EncodedRows> {
    return this.#rows({ kind: 'encode', id, signatureKey: this.#signature(servable) }, []);
  }

  async #rows(
    command: CodecCommand & { readonly id: number },
    transfer: readonly ArrayBuffer[],
  ): Promise<EncodedRows> {
    const message = await this.#ask(command, transfer);
    if (message.kind !== 'rows') throw new Error(`The codec answered a ${command.kind} with ${message.kind}`);
    return message.rows;
  }

  async #write(id: number, prediction: Prediction, requestId: string): Promise<Reply> {
    const message = await this.#ask({ kind: 'write', id, prediction, requestId }, []);
    if (message.kind !== 'reply') throw new Error(`The codec answered a write with ${message.kind}`);
    const { contentType, body, headers } = message.reply;
    return { contentType, body: Buffer.from(body), ...(headers !== undefined && { headers }) };
  }

  /** @returns the key under which the thread knows how this servable wants its rows */
  #signature({ id, manifest }: Servable): string {
    const key = id.digest;
    if (!this.#sent.has(key) || this.#worker === undefined) {
      const { unknownFeatures } = this.#options;
      this.#send({ kind: 'signature', signature: { key, manifest: manifest!, unknownFeatures } });
      if (this.#sent.size >= SENT_SIGNATURES) this.#sent.clear();
      this.#sent.add(key);
    }
    return key;
  }

  #ask(command: CodecCommand & { id: number }, transfer: readonly ArrayBuffer[]): Promise<CodecMessage> {
    return new Promise((resolve, reject) => {
      this.#pending.set(command.id, { resolve, reject });
      this.#send(command, transfer);
    });
  }

  #send(command: CodecCommand, transfer: readonly ArrayBuffer[] = []): void {
    // A thread that ended took what it kept along: there is nothing to forget.
    if (this.#worker === undefined && command.kind === 'forget') return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(command, transfer);
  }

  #start(): Worker {
    const worker = startThread('./codec-thread', import.meta.url, {
      name: 'bulk-codec',
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    });
    worker.on('message', (message: CodecMessage) => {
      this.#take(message);
    });
    let reason: Error | undefined;
    worker.on('error', (error) => {
      reason = error;
    });
    worker.once('exit', () => {
      this.#worker = undefined;
      this.#sent.clear();
      const cause = reason ?? new Error('the thread was ended');
      for (const { reject } of this.#pending.values()) {
        reject(new RequestError('INTERNAL', 'The thread that reads large requests ended', [], { cause }));
      }
      this.#pending.clear();
    });
    // An idle codec keeps no process alive.
    worker.unref();
    return worker;
  }

  #take(message: CodecMessage): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'refused') {
      const { code, detail, errors, cause } = message;
      pending?.reject(new RequestError(code, detail, errors, { cause }));
    } else {
      pending?.resolve(message);
    }
  }
}
