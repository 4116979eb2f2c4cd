import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startObjectStorage, type ObjectStorage } from './object-storage.js';

/** A folder for Terraform, with storage for its states. */
export class StateStore {
  #folder: string | undefined;
  #storage: ObjectStorage | undefined;

  /** @returns whether there is storage */
  async open(): Promise<boolean> {
    this.#storage = await startObjectStorage();
    if (this.#storage === undefined) return false;
    this.#folder = await mkdtemp(join(tmpdir(), 'states-'));
    return true;
  }

  async close(): Promise<void> {
    await this.#storage?.stop();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true });
    this.#storage = this.#folder = undefined;
  }

  get folder(): string {
    return this.#folder!;
  }

  /** Who may write to it. */
  get keys(): ObjectStorage['keys'] {
    return this.#storage!.keys;
  }

  /** What goes into backend.hcl. */
  get backend(): string {
    return this.#storage!.backend;
  }

  /** Writes backend.hcl into a folder, and returns its path. */
  async writeBackend(folder: string): Promise<string> {
    const file = join(folder, 'backend.hcl');
    await writeFile(file, this.backend);
    return file;
  }
}

/** To be called in `describe`: a new one for each test, which is skipped where nothing can store. */
export function useStateStore(): StateStore {
  const store = new StateStore();
  beforeEach(async function () {
    if (!(await store.open())) this.skip();
  });
  afterEach(() => store.close());
  return store;
}
