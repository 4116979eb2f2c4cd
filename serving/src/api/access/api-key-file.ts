import { readFile, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { messageOf } from '../../errors.js';
import type { AccessMetrics } from '../../metrics/access.js';
import { ApiKeys, type ApiKey } from './api-keys.js';

const INTERVAL_MS = 5_000;
const MAX_BYTES = 4 * 1024 ** 2;

export interface ApiKeyFileOptions {
  /** How often the file is looked at; a key that is taken out works for as long at most. */
  readonly intervalMs?: number;
}

/** What changes whenever the content does. A mounted secret is another file (inode) after each change. */
async function markOf(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path);
  return `${ino}:${size}:${mtimeMs}`;
}

async function read(path: string): Promise<ApiKeys> {
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_BYTES}`);
  return ApiKeys.parse(await readFile(path, 'utf8'));
}

/**
 * The API keys of a file, read again whenever it changes. A change that can't be used is logged and leaves the keys
 * as they were: a slip of the pen must not lock every client out.
 */
export class ApiKeyFile {
  readonly #path: string;
  readonly #log: Logger;
  readonly #metrics: AccessMetrics;
  readonly #timer: NodeJS.Timeout;
  #keys: ApiKeys;
  /** Of the content that the keys are from. */
  #mark: string;
  /** Of what could not be used; undefined while all is well. */
  #failedMark: string | undefined;
  #looking = false;

  private constructor(
    path: string,
    log: Logger,
    metrics: AccessMetrics,
    { intervalMs = INTERVAL_MS }: ApiKeyFileOptions,
    keys: ApiKeys,
    mark: string,
  ) {
    this.#path = path;
    this.#log = log;
    this.#metrics = metrics;
    this.#keys = keys;
    this.#mark = mark;
    metrics.knowsKeys(keys.size, keys.firstExpiryMs);
    this.#timer = setInterval(() => void this.#look(), intervalMs).unref();
  }

  /** @throws {Error} when the file can't be used: a tier that does not know its keys must not start */
  static async open(
    path: string,
    log: Logger,
    metrics: AccessMetrics,
    options: ApiKeyFileOptions = {},
  ): Promise<ApiKeyFile> {
    try {
      // In this order: a change in between is seen as a change afterwards.
      const mark = await markOf(path);
      const keys = await read(path);
      log.info({ keys: keys.size }, 'API keys read');
      return new ApiKeyFile(path, log, metrics, options, keys, mark);
    } catch (cause) {
      throw new Error(`API_KEYS_FILE ${path} can't be used: ${messageOf(cause)}`, { cause });
    }
  }

  find(key: string): ApiKey | undefined {
    return this.#keys.find(key);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    let mark = 'not readable';
    try {
      mark = await markOf(this.#path);
      if (mark !== this.#mark) {
        this.#keys = await read(this.#path);
        this.#mark = mark;
        this.#metrics.knowsKeys(this.#keys.size, this.#keys.firstExpiryMs);
        this.#metrics.reloaded('ok');
        this.#log.info({ keys: this.#keys.size }, 'API keys read');
      }
      this.#failedMark = undefined;
    } catch (error) {
      // Said once a change, but tried at each look: a key that is taken out must not go on working because the disk
      // failed for a moment.
      if (mark !== this.#failedMark) {
        this.#metrics.reloaded('failed');
        this.#log.error(
          { cause: messageOf(error) },
          `API_KEYS_FILE ${this.#path} can't be used; the keys stay as they were`,
        );
      }
      this.#failedMark = mark;
    }
    this.#looking = false;
  }
}
