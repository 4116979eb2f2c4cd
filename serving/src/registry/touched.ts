import { stat } from 'node:fs/promises';

/** When a file or folder was last touched, in milliseconds since 1970; undefined where there is none. */
export async function touchedMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
