import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf, PlatformFailure } from './failure.js';

export interface Push {
  readonly commit: string;
  readonly changed: boolean;
  /** First line of the commit that `main` now points at. */
  readonly subject: string;
  readonly committedAt: Date;
}

/** Folders that the retraining code needs at run time, and nothing else of the project. */
const publishedPaths = ['dags', 'mlflow/contract'];
const branch = 'refs/heads/main';

/**
 * The bare repository that Airflow follows. A push is a snapshot of the working tree as it is now, with
 * uncommitted edits and without ignored files, so that an edit can be tried before it is committed. It is
 * made by plumbing with an index of its own: neither the project's index nor its branches are touched, and
 * a plain copy of the project, without Git history, works as well.
 */
export class DagRepository {
  constructor(private readonly repository: string) {}

  /**
   * @param inspect is shown the Python files that would be published, by their paths in the project; what it throws
   *   leaves the repository as it is
   */
  push(projectDir: string, inspect: (files: readonly string[]) => void = () => undefined): Push {
    this.ensureExists();
    const scratch = mkdtempSync(path.join(tmpdir(), 'push-dags-'));
    try {
      const snapshot = { GIT_WORK_TREE: projectDir, GIT_INDEX_FILE: path.join(scratch, 'index') };
      const paths = publishedPaths.filter((folder) => existsSync(path.join(projectDir, folder)));
      this.git(['add', '--all', '--', ...paths], snapshot, projectDir);
      inspect(this.git(['ls-files', '-z', '--', '*.py'], snapshot, projectDir).split('\0').filter(Boolean));
      const tree = this.git(['write-tree'], snapshot);
      const parent = this.tip();
      if (parent !== undefined && this.git(['rev-parse', `${parent}^{tree}`]) === tree) {
        return { commit: parent, changed: false, ...this.headOf(parent) };
      }
      const subject = describeSource(projectDir);
      const parents = parent === undefined ? [] : ['-p', parent];
      const commit = this.git(['commit-tree', tree, ...parents, '-m', subject], identity);
      // With the old value given, two pushes at once can't lose one another.
      this.git(['update-ref', branch, commit, parent ?? '0'.repeat(40)]);
      return { commit, changed: true, ...this.headOf(commit) };
    } catch (error) {
      if (error instanceof PlatformFailure) throw error;
      throw new PlatformFailure(`Pushing the DAGs failed: ${messageOf(error)}`, undefined, { cause: error });
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  /** Takes over the branch of another repository, if it has one: what is pushed next continues it. */
  continueFrom(url: string): void {
    this.ensureExists();
    if (this.git(['ls-remote', url, branch]) !== '')
      this.git(['fetch', '--quiet', url, `+${branch}:${branch}`]);
  }

  /** Sends what was pushed here on to another repository. */
  sendTo(url: string): void {
    this.git(['push', '--quiet', url, `${branch}:${branch}`]);
  }

  /** The commit that Airflow will run next; undefined before the first push. */
  tip(): string | undefined {
    try {
      return this.git(['rev-parse', '--verify', '--quiet', branch]);
    } catch {
      return undefined;
    }
  }

  private ensureExists(): void {
    if (existsSync(path.join(this.repository, 'HEAD'))) return;
    runGit(['init', '--quiet', '--bare', '--initial-branch=main', this.repository], cleanEnvironment());
  }

  private headOf(commit: string): Pick<Push, 'subject' | 'committedAt'> {
    const [at, subject] = this.git(['show', '--no-patch', '--format=%cI%n%s', commit]).split('\n');
    return { subject: subject ?? '', committedAt: new Date(at!) };
  }

  private git(args: string[], env: Record<string, string> = {}, cwd?: string): string {
    return runGit(args, { ...cleanEnvironment(), GIT_DIR: this.repository, ...env }, cwd);
  }
}

const identity = {
  GIT_AUTHOR_NAME: 'push-dags',
  GIT_AUTHOR_EMAIL: 'push-dags@localhost',
  GIT_COMMITTER_NAME: 'push-dags',
  GIT_COMMITTER_EMAIL: 'push-dags@localhost',
};

/** "Snapshot of 1f2e3d4 with uncommitted changes": which code a run's bundle version stands for. */
function describeSource(projectDir: string): string {
  if (!existsSync(path.join(projectDir, '.git'))) return 'Snapshot of a copy without history';
  const git = (args: string[]): string => runGit(args, cleanEnvironment(), projectDir);
  const changes = git(['status', '--porcelain', '--', ...publishedPaths]);
  const state = changes === '' ? '' : ' with uncommitted changes';
  try {
    return `Snapshot of ${git(['rev-parse', 'HEAD'])}${state}`;
  } catch {
    return `Snapshot before the first commit${state}`;
  }
}

/** A hook or an editor that calls us may have pointed Git somewhere else; a machine may sign all commits. */
function cleanEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...(Object.fromEntries(entries) as Record<string, string>),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    // A checkout may belong to another user, as in a container that mounts it.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
}

function runGit(args: string[], env: Record<string, string>, cwd?: string): string {
  const output = execFileSync('git', args, {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  return output.trim();
}
