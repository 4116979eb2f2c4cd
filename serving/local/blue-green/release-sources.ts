import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { PlatformFailure } from '../failure.js';

/** How a tier of some commit is started: Node in a folder, with these arguments. */
export interface ReleaseProgram {
  readonly cwd: string;
  readonly args: readonly string[];
}

/** The full name of a commit. @throws {PlatformFailure} where the history does not hold it, as in a shallow clone */
export function commitOf(projectDir: string, name: string): string {
  try {
    const found = git(projectDir, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
    return found.toString().trim();
  } catch (cause) {
    throw new PlatformFailure(
      `There is no commit ${name} here.`,
      'In a shallow clone: git fetch --unshallow --tags',
      { cause },
    );
  }
}

/**
 * Lays out the tier's sources of an earlier commit, to be run with the modules that are installed: what differs
 * between two releases is their own code. Each commit is laid out once.
 *
 * @param releasesDir below a folder from which `node_modules` of the checkout is not found by itself
 */
export function layOutRelease(projectDir: string, releasesDir: string, commit: string): ReleaseProgram {
  const cwd = path.join(releasesDir, commit);
  if (!existsSync(cwd)) {
    mkdirSync(releasesDir, { recursive: true });
    // Whole or not at all.
    const unfinished = mkdtempSync(path.join(releasesDir, '.unfinished-'));
    try {
      const archive = git(projectDir, [
        'archive',
        commit,
        'serving/src',
        'serving/package.json',
        'serving/tsconfig.json',
      ]);
      execFileSync('tar', ['-x', '--strip-components=1', '-C', unfinished], { input: archive });
      symlinkSync(path.join(projectDir, 'serving', 'node_modules'), path.join(unfinished, 'node_modules'));
      renameSync(unfinished, cwd);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      throw error;
    }
  }
  return { cwd, args: ['--enable-source-maps', '--import', 'tsx', 'src/main.ts'] };
}

function git(projectDir: string, args: readonly string[]): Buffer {
  return execFileSync('git', ['-C', projectDir, ...args], {
    maxBuffer: 256 * 1024 ** 2,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
