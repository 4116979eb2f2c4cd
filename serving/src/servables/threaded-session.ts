import type { Worker } from 'node:worker_threads';
import { LoadError } from '../errors.js';
import { startThread } from '../thread.js';
import type { ModelPackage } from '../model-package/manifest.js';
import type { ModelSession } from './model-session.js';
import type { OutputColumn, SessionOptions } from './onnx-session.js';
import type { EncodedRows, GraphInput } from './row-encoder.js';
import type { SessionCommand, SessionMessage, SessionOrder } from './session-messages.js';

interface Pending {
  readonly resolve: (columns: readonly OutputColumn[]) => void;
  readonly reject: (error: Error) => void;
}

/** One life of the thread: from its start to its end, wanted or not. */
class SessionThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #runs = 0;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#hasEnded = true;
        for (const { reject } of this.#pending.values()) reject(new Error('the thread of the graph ended'));
        this.#pending.clear();
        resolve();
      });
    });
    worker.on('message', (message: SessionMessage) => {
      this.#take(message);
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @throws {LoadError} */
  static start(order: SessionOrder): Promise<SessionThread> {
    return new Promise((resolve, reject) => {
      const worker = startThread('./session-thread', import.meta.url, {
        workerData: order,
        name: 'onnx-session',
      });
      const thread = new SessionThread(worker);
      worker.once('message', (message: SessionMessage) => {
        if (message.kind === 'failed') reject(new LoadError(message.code, message.message));
        else resolve(thread);
      });
      // An error of the thread ends it, and its end is what we act upon.
      worker.on('error', (cause) => {
        reject(new LoadError('GRAPH_LOAD_FAILED', 'the thread of the graph failed', { cause }));
      });
      worker.once('exit', () => {
        reject(new LoadError('GRAPH_LOAD_FAILED', 'the thread of the graph ended before it had loaded'));
      });
    });
  }

  run({ rows, inputs }: EncodedRows): Promise<readonly OutputColumn[]> {
    if (this.#hasEnded) return Promise.reject(new Error('the thread of the graph ended'));
    this.#runs += 1;
    const id = this.#runs;
    // A view would take all of the memory behind it along.
    const copies = inputs.map((data) => data.slice());
    const command: SessionCommand = { kind: 'run', id, rows: { rows, inputs: copies } };
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage(
        command,
        copies.flatMap((data) => (Array.isArray(data) ? [] : [data.buffer])),
      );
    });
  }

  async release(): Promise<void> {
    if (!this.#hasEnded) this.#worker.postMessage({ kind: 'release' } satisfies SessionCommand);
    await this.#ended;
  }

  #take(message: SessionMessage): void {
    if (message.kind !== 'answer' && message.kind !== 'error') return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'answer') pending?.resolve(message.columns);
    else pending?.reject(new Error(message.message));
  }
}

/**
 * A graph on a thread of its own: neither loading nor computing holds up the event loop. A thread that ends by
 * itself takes the calls in flight with it, and is started anew for the next one.
 */
export class ThreadedSession implements ModelSession {
  readonly #order: SessionOrder;
  #thread: Promise<SessionThread>;

  private constructor(order: SessionOrder, thread: SessionThread) {
    this.#order = order;
    this.#thread = Promise.resolve(thread);
  }

  /** @throws {LoadError} GRAPH_LOAD_FAILED or CONTRACT_VIOLATION */
  static async load(
    modelPackage: ModelPackage,
    inputs: readonly GraphInput[],
    { intraOpThreads }: SessionOptions,
  ): Promise<ThreadedSession> {
    const order = { modelPackage, inputs, options: { intraOpThreads } };
    return new ThreadedSession(order, await SessionThread.start(order));
  }

  async run(rows: EncodedRows): Promise<readonly OutputColumn[]> {
    return (await this.#living()).run(rows);
  }

  async release(): Promise<void> {
    const thread = await this.#thread.catch(() => undefined);
    await thread?.release();
  }

  async #living(): Promise<SessionThread> {
    const current = this.#thread;
    const thread = await current.catch(() => undefined);
    if (thread !== undefined && !thread.hasEnded) return thread;
    // Whoever comes first starts it; the others find the new promise.
    if (this.#thread === current) this.#thread = SessionThread.start(this.#order);
    return this.#thread;
  }
}
