import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const created: string[] = [];

/** A new empty folder. It is removed when the run ends, however it ends. */
export function temporaryDirectory(): string {
  if (created.length === 0) {
    process.once('exit', () => {
      for (const path of created) rmSync(path, { recursive: true, force: true });
    });
  }
  const path = mkdtempSync(join(tmpdir(), 'serving-test-'));
  created.push(path);
  return path;
}
