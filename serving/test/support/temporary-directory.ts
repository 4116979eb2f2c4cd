import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const created: string[] = [];

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    // A program that a failed test has left may still write there. That is no second failure.
    process.stderr.write(`${path} stays: ${String(error)}\n`);
  }
}

/** A new empty folder. It is removed when the run ends, however it ends. */
export function temporaryDirectory(): string {
  if (created.length === 0) {
    process.once('exit', () => {
      created.forEach(remove);
    });
  }
  const path = mkdtempSync(join(tmpdir(), 'serving-test-'));
  created.push(path);
  return path;
}
