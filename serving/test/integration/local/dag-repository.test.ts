import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { DagRepository, type Push } from '../../../local/dag-repository.js';

describe('DagRepository', () => {
  let root: string;
  let project: string;
  let repository: string;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'dag-repository-'));
    project = path.join(root, 'project');
    repository = path.join(root, 'dags.git');
    write('dags/pipeline.py', 'first');
    write('dags/__pycache__/pipeline.pyc', 'compiled');
    write('mlflow/contract/schema.json', '{}');
    write('serving/main.ts', 'not for Airflow');
    write('.gitignore', '__pycache__/\n');
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function write(file: string, content: string): void {
    mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
    writeFileSync(path.join(project, file), content);
  }

  function git(dir: string, ...args: string[]): string {
    const identity = [
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@localhost',
      '-c',
      'commit.gpgsign=false',
    ];
    return execFileSync('git', ['-C', dir, ...identity, ...args], { encoding: 'utf8' }).trim();
  }

  const published = (): string[] => git(repository, 'ls-tree', '-r', '--name-only', 'main').split('\n');

  it('publishes the pipeline and the contract, without ignored files and the rest', () => {
    const { committedAt, ...push } = new DagRepository(repository).push(project);
    expect(push).to.deep.equal({
      commit: git(repository, 'rev-parse', 'main'),
      changed: true,
      subject: 'Snapshot of a copy without history',
    });
    expect(Date.now() - committedAt.getTime()).to.be.within(0, 60_000);
    expect(published()).to.deep.equal(['dags/pipeline.py', 'mlflow/contract/schema.json']);
  });

  it('makes a commit on top of the last for a change, and none without one', () => {
    const dags = new DagRepository(repository);
    const first = dags.push(project);
    expect(dags.push(project)).to.deep.equal({ ...first, changed: false });
    write('dags/pipeline.py', 'second');
    const second = dags.push(project);
    expect(second.changed).to.equal(true);
    expect(git(repository, 'rev-parse', 'main^')).to.equal(first.commit);
    expect(git(repository, 'show', 'main:dags/pipeline.py')).to.equal('second');
  });

  it('shows the Python files that it would publish, and publishes nothing when that throws', () => {
    const dags = new DagRepository(repository);
    const { commit } = dags.push(project);
    write('dags/pipeline.py', 'def broken(:');
    write('dags/notes.md', 'no Python');
    const push = (): unknown =>
      dags.push(project, (files) => {
        throw new Error(files.join());
      });
    expect(push).to.throw('dags/pipeline.py');
    expect(dags.tip()).to.equal(commit);
  });

  it('publishes that a file was deleted', () => {
    write('dags/extra.py', '');
    const dags = new DagRepository(repository);
    dags.push(project);
    rmSync(path.join(project, 'dags/extra.py'));
    dags.push(project);
    expect(published()).to.not.include('dags/extra.py');
  });

  it('publishes uncommitted edits of a checkout, says so, and leaves the checkout alone', () => {
    git(root, 'init', '--quiet', 'project');
    git(project, 'add', '.');
    git(project, 'commit', '--quiet', '-m', 'start');
    const head = git(project, 'rev-parse', 'HEAD');
    const dags = new DagRepository(repository);
    expect(dags.push(project).subject).to.equal(`Snapshot of ${head}`);
    write('dags/pipeline.py', 'edited');
    write('dags/untracked.py', '');
    const before = git(project, 'status', '--porcelain');

    expect(dags.push(project).subject).to.equal(`Snapshot of ${head} with uncommitted changes`);
    expect(published()).to.include('dags/untracked.py');
    expect(git(project, 'status', '--porcelain')).to.equal(before);
    expect(git(project, 'rev-parse', 'HEAD')).to.equal(head);
  });

  it('continues what another repository has, whoever pushed that, and sends it there', () => {
    const remote = path.join(root, 'remote.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
    const pushFrom = (name: string): Push => {
      const dags = new DagRepository(path.join(root, name));
      dags.continueFrom(remote);
      const push = dags.push(project);
      dags.sendTo(remote);
      return push;
    };
    const first = pushFrom('one.git');
    expect(git(remote, 'rev-parse', 'main')).to.equal(first.commit);

    write('dags/pipeline.py', 'second');
    const second = pushFrom('another.git');
    expect(second.changed).to.equal(true);
    expect(git(remote, 'rev-list', 'main').split('\n')).to.deep.equal([second.commit, first.commit]);

    expect(pushFrom('one.git')).to.include({ commit: second.commit, changed: false });
  });
});
