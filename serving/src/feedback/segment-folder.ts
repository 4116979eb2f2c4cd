import { mkdir, open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { FeedbackRecord, RecordSink } from './record-sink.js';

export interface SegmentFolderOptions {
  readonly directory: string;
  /** Beginning of the names of its files. */
  readonly prefix: string;
  /** A file of this size is followed by the next. */
  readonly segmentBytes: number;
  /** So is one of this age. */
  readonly segmentAgeMs: number;
  /** Of all files in the folder with this prefix, whoever writes them. */
  readonly maxBytes: number;
  /** What happens when there is no room left: the oldest files go, or new records are refused. */
  readonly whenFull: 'delete-oldest' | 'refuse';
  /** Whether a write has reached the disk when it is said to be done. */
  readonly durable: boolean;
  /** Told of bytes that were deleted to make room. */
  readonly deleted?: (bytes: number) => void;
}

interface Segment {
  readonly handle: FileHandle;
  readonly openedMs: number;
  bytes: number;
}

/** The part of a host's name that fits into a file's, without a dash: dashes stand between the parts. */
function hostPart(): string {
  return hostname()
    .replace(/[^A-Za-z0-9.]/g, '_')
    .slice(0, 64);
}

/**
 * Lines in files of a folder, `<prefix>-<time>-<host>-<process>-<number>.jsonl`: names that sort by age and that no
 * other writer takes, so that any number of processes may share the folder. A file that could not be written to its
 * end is left for a new one; every line that ends in a line break is whole.
 */
export class SegmentFolder implements RecordSink {
  readonly #options: SegmentFolderOptions;
  readonly #now: () => Date;
  #segment: Segment | undefined;
  #number = 0;

  constructor(options: SegmentFolderOptions, now: () => Date = () => new Date()) {
    this.#options = options;
    this.#now = now;
  }

  async write(records: readonly FeedbackRecord[]): Promise<number> {
    let text = '';
    for (const { value } of records) text += `${value}\n`;
    const bytes = Buffer.from(text);
    const segment = await this.#segmentFor(bytes.length);
    try {
      await segment.handle.appendFile(bytes);
      if (this.#options.durable) await segment.handle.datasync();
    } catch (error) {
      await this.#abandon(segment);
      throw error;
    }
    segment.bytes += bytes.length;
    return bytes.length;
  }

  async close(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.handle.close();
  }

  async #segmentFor(bytes: number): Promise<Segment> {
    const { segmentBytes, segmentAgeMs } = this.#options;
    const segment = this.#segment;
    if (segment !== undefined) {
      const isOld = this.#now().getTime() - segment.openedMs >= segmentAgeMs;
      const isFull = segment.bytes > 0 && segment.bytes + bytes > segmentBytes;
      // Somebody may have removed it: what is written then would be seen by nobody.
      if (!isOld && !isFull && (await segment.handle.stat()).nlink > 0) return segment;
      await this.close();
    }
    return this.#open(bytes);
  }

  async #open(bytes: number): Promise<Segment> {
    const { directory, prefix, durable } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o750 });
    await this.#makeRoom(bytes);
    const now = this.#now();
    this.#number += 1;
    const time = now.toISOString().replaceAll(/[-:.]/g, '');
    const name = `${prefix}-${time}-${hostPart()}-${process.pid}-${this.#number}.jsonl`;
    // Never another's file; and what customers are like is nothing for everybody on the machine.
    const handle = await open(join(directory, name), 'ax', 0o640);
    this.#segment = { handle, openedMs: now.getTime(), bytes: 0 };
    if (durable) await syncFolder(directory);
    return this.#segment;
  }

  /** @throws when there is none and nothing may be deleted */
  async #makeRoom(bytes: number): Promise<void> {
    const { directory, prefix, segmentBytes, maxBytes, whenFull, deleted } = this.#options;
    const names = (await readdir(directory)).filter(
      (name) => name.startsWith(`${prefix}-`) && name.endsWith('.jsonl'),
    );
    const files: { readonly path: string; readonly size: number }[] = [];
    for (const name of names.sort()) {
      const path = join(directory, name);
      const size = (await ignoringMissing(stat(path)))?.size;
      if (size !== undefined) files.push({ path, size });
    }
    let taken = files.reduce((sum, { size }) => sum + size, 0);
    if (whenFull === 'refuse') {
      if (taken + bytes > maxBytes) throw new Error(`${directory} has ${taken} bytes of ${prefix} already`);
      return;
    }
    for (const { path, size } of files) {
      if (taken + Math.max(bytes, segmentBytes) <= maxBytes) return;
      await ignoringMissing(unlink(path));
      deleted?.(size);
      taken -= size;
    }
  }

  /** Takes back what was written of the last lines, as far as that can be done. */
  async #abandon(segment: Segment): Promise<void> {
    this.#segment = undefined;
    await segment.handle.truncate(segment.bytes).catch(() => undefined);
    await segment.handle.close().catch(() => undefined);
  }
}

/** The name of a new file is in its folder, and has to reach the disk too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function ignoringMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
