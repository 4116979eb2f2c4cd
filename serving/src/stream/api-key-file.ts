import { readFile } from 'node:fs/promises';

/** The key that the tier asks for. It is read once, and again when the tier refuses it: keys are replaced. */
export class ApiKeyFile {
  readonly #path: string;
  #key: Promise<string> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws when the file can't be read; it is tried again next time */
  read(): Promise<string> {
    this.#key ??= readFile(this.#path, 'utf8').then(
      (text) => text.trim(),
      (error: unknown) => {
        this.#key = undefined;
        throw error;
      },
    );
    return this.#key;
  }

  forget(): void {
    this.#key = undefined;
  }
}
