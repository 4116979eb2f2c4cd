import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** A file that a browser gets, whole in memory. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  /** Names the content; short enough for an address. */
  readonly version: string;
}

export function pageFile(name: string, body: Buffer): PageFile {
  const type = TYPES[extname(name)];
  if (type === undefined) throw new Error(`No media type is known for ${name}`);
  return { type, body, version: createHash('sha256').update(body).digest('base64url').slice(0, 16) };
}

export async function readPageFile(path: string): Promise<PageFile> {
  return pageFile(path, await readFile(path));
}
