import { RegistryError } from '../../src/registry/model-registry.js';
import type { PromotionRecords } from '../../src/registry/promotion-records.js';

/** Records in memory that keep the interface's promises, and break where they are told to. */
export class FakePromotionRecords implements PromotionRecords {
  /** Every record, by key: of one model, as tests have it. */
  readonly written = new Map<string, string>();
  /** Called before each write; throws to have it fail. */
  beforeWrite: (key: string) => void | Promise<void> = () => undefined;
  reachable = true;

  /** What the records of one kind say. */
  lines(kind: 'move' | 'done' | 'served'): readonly Record<string, unknown>[] {
    return [...this.written]
      .filter(([key]) => key.startsWith(`${kind}-`))
      .map(([, value]) => JSON.parse(value) as Record<string, unknown>);
  }

  async readAll(): Promise<ReadonlyMap<string, string>> {
    await this.#answer();
    return new Map(this.written);
  }

  async writeOnce(_model: string, key: string, value: string): Promise<boolean> {
    await this.#answer();
    await this.beforeWrite(key);
    const present = this.written.get(key);
    if (present !== undefined) return present === value;
    this.written.set(key, value);
    return true;
  }

  async #answer(): Promise<void> {
    // An answer is never there in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.reachable) throw new RegistryError('unreachable', 'connect ECONNREFUSED');
  }
}
