/** Told when reading begins to fail and when it works again, not of every read. Must not throw. */
export interface KeySetListener {
  failing(error: unknown): void;
  recovered(): void;
}

/** Far more than the keys of any issuer. */
const MAX_BYTES = 1024 ** 2;

/**
 * Reads the published keys of a token issuer. While that fails it is not tried again with each token that comes in:
 * whoever sends tokens at will could otherwise hold the issuer down, and fill the log.
 */
export class KeySetReader {
  readonly #pauseMs: number;
  readonly #listener: KeySetListener;
  readonly #now: () => number;
  #notBeforeMs = -Infinity;
  #isFailing = false;

  /**
   * @param pauseMs the shortest time between two reads after one that failed
   * @param now monotonic, in milliseconds
   */
  constructor(pauseMs: number, listener: KeySetListener, now: () => number = () => performance.now()) {
    this.#pauseMs = pauseMs;
    this.#listener = listener;
    this.#now = now;
  }

  /** As `fetch`, which it is for. @throws {Error} also for what is no success, or too long */
  async read(url: string, options: RequestInit): Promise<Response> {
    if (this.#now() < this.#notBeforeMs) throw new Error('could not be read a moment ago');
    try {
      const answer = await fetch(url, options);
      const text = await textOf(answer);
      if (answer.status !== 200) throw new Error(`the answer is ${answer.status}`);
      // Whoever reads it parses it again: here it only counts as read if that will work.
      JSON.parse(text);
      if (this.#isFailing) this.#listener.recovered();
      this.#isFailing = false;
      return new Response(text);
    } catch (error) {
      this.#notBeforeMs = this.#now() + this.#pauseMs;
      if (!this.#isFailing) this.#listener.failing(error);
      this.#isFailing = true;
      throw error;
    }
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
