/**
 * A queue that takes clients in turn: whoever has a thousand entries waits for himself, not the others for him.
 * Entries of one client keep their order.
 */
export class FairQueue<T> {
  // A Map keeps the order of insertion, which is the order of turns.
  readonly #clients = new Map<string, T[]>();

  get isEmpty(): boolean {
    return this.#clients.size === 0;
  }

  push(client: string, entry: T): void {
    const entries = this.#clients.get(client);
    if (entries === undefined) this.#clients.set(client, [entry]);
    else entries.push(entry);
  }

  /** The entry whose turn it is. */
  peek(): T | undefined {
    for (const entries of this.#clients.values()) return entries[0];
    return undefined;
  }

  /** Takes that entry out; the turn passes on. */
  take(): T | undefined {
    for (const [client, entries] of this.#clients) {
      this.#clients.delete(client);
      const entry = entries.shift();
      if (entries.length > 0) this.#clients.set(client, entries);
      return entry;
    }
    return undefined;
  }

  /** The turn passes on, the entry stays. */
  pass(): void {
    for (const [client, entries] of this.#clients) {
      this.#clients.delete(client);
      this.#clients.set(client, entries);
      return;
    }
  }
}
