import { connect, type Socket } from 'node:net';

/** What clients saw that each wait for an answer before they ask again. */
export interface LoopResult {
  readonly requests: number;
  readonly seconds: number;
  /** One value a request, in milliseconds. */
  readonly latenciesMs: Float64Array;
}

export interface Loop {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
  /** Whole HTTP/1.1 requests, asked in turn by whichever connection is free. */
  readonly requests: readonly Buffer[];
}

/** Latencies of a loop as they arrive; their number is not known before. */
export class Latencies {
  #values = new Float64Array(65_536);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(milliseconds: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count] = milliseconds;
    this.#count += 1;
  }

  values(): Float64Array {
    return this.#values.slice(0, this.#count);
  }
}

/**
 * Asks over raw sockets, with requests that were put together before, and reads no more of an answer than its
 * status and its length. A client library would cost more than the servers do: on few cores it would be the client
 * that is measured.
 *
 * @throws on an answer other than 200 and on a connection that breaks
 */
export async function closedLoop({ port, connections, durationMs, requests }: Loop): Promise<LoopResult> {
  const latencies = new Latencies();
  let next = 0;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const started = performance.now();
  const deadline = started + durationMs;
  const take = (): Buffer | undefined => {
    if (performance.now() >= deadline) return undefined;
    const request = requests[next % requests.length];
    next += 1;
    return request;
  };
  try {
    await Promise.all(sockets.map((socket) => converse(socket, take, latencies)));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const seconds = (performance.now() - started) / 1_000;
  return { requests: latencies.count, seconds, latenciesMs: latencies.values() };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function converse(socket: Socket, take: () => Buffer | undefined, latencies: Latencies): Promise<void> {
  return new Promise((resolve, reject) => {
    const answer = new AnswerReader();
    let sent = 0;
    const ask = (): void => {
      const request = take();
      if (request === undefined) {
        resolve();
        return;
      }
      sent = performance.now();
      socket.write(request);
    };
    socket.on('data', (chunk: Buffer) => {
      if (!answer.feed(chunk)) return;
      latencies.add(performance.now() - sent);
      if (answer.status !== 200) reject(new Error(`An answer was ${answer.status}: ${answer.beginning}`));
      else ask();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      reject(new Error('The server closed a connection'));
    });
    ask();
  });
}

const LAST_CHUNK = '0\r\n\r\n';

/** Finds out where an answer ends. Answers do not overlap, since the next request waits for the end of the last. */
class AnswerReader {
  status = 0;
  beginning = '';
  /** Bytes that are still to come; -1: the headers are not complete; undefined: in chunks. */
  #left: number | undefined = -1;
  #head = '';
  #tail = '';

  /** @returns whether this was the end */
  feed(chunk: Buffer): boolean {
    if (this.#left === -1) {
      this.#tail = '';
      this.#head += chunk.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end === -1) return false;
      const head = this.#head.slice(0, end);
      this.status = Number(head.slice(9, 12));
      this.beginning = this.status === 200 ? '' : this.#head.slice(end + 4, end + 304);
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
      this.#left = length === undefined ? undefined : Number(length) - (this.#head.length - end - 4);
      this.#head = '';
    } else if (this.#left !== undefined) {
      this.#left -= chunk.length;
    }
    const isEnd = this.#left === undefined ? this.#endsWithLastChunk(chunk) : this.#left <= 0;
    if (isEnd) this.#left = -1;
    return isEnd;
  }

  /** The last chunk may come in pieces itself. */
  #endsWithLastChunk(chunk: Buffer): boolean {
    const length = LAST_CHUNK.length;
    this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - length))).slice(-length);
    return this.#tail === LAST_CHUNK;
  }
}
