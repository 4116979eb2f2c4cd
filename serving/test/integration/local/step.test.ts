import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { SERVING_ROOT } from '../../support/training-environment.js';

const STEP = join(SERVING_ROOT, 'local/step.sh');

interface Step {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly attempts: number;
}

/** A step that is a script: its first line counts the attempts. */
function step(script: string): Step {
  const folder = temporaryDirectory();
  const attempts = join(folder, 'attempts');
  writeFileSync(attempts, '');
  const { status, stdout, stderr } = spawnSync(
    STEP,
    [join(folder, 'logs/step.log'), 'installing', 'bash', '-c', `echo >>${attempts}; ${script}`, attempts],
    { encoding: 'utf8' },
  );
  return { exitCode: status, stdout, stderr, attempts: readFileSync(attempts, 'utf8').length };
}

describe('a step of the installation', () => {
  it('says what it does and how long it took, and keeps the rest to its log', () => {
    const { exitCode, stdout, stderr, attempts } = step('echo noise; echo more noise >&2');
    expect({ exitCode, stderr, attempts }).to.deep.equal({ exitCode: 0, stderr: '', attempts: 1 });
    expect(stdout).to.match(/^ {2}installing \.\.\.\n {2}installing: done in \d+ s\n$/);
  });

  it('runs once more after what the network failed, and says so', () => {
    const { exitCode, stdout, attempts } = step(
      '[[ $(wc -l <"$0") -gt 1 ]] || { echo "error: read: Connection reset by peer"; exit 1; }',
    );
    expect({ exitCode, attempts }).to.deep.equal({ exitCode: 0, attempts: 2 });
    expect(stdout).to.include('installing: error: read: Connection reset by peer; once more ...\n');
  });

  it('gives up when the network fails it twice, with the end of the log', () => {
    const { exitCode, stderr, attempts } = step('echo "503 Service Unavailable"; exit 1');
    expect({ exitCode, attempts }).to.deep.equal({ exitCode: 1, attempts: 2 });
    expect(stderr).to.include('503 Service Unavailable\n---\ninstalling failed.\n');
  });

  it('does not repeat what would fail again', () => {
    const { exitCode, stderr, attempts } = step('echo "main.c: no such type"; exit 3');
    expect({ exitCode, attempts }).to.deep.equal({ exitCode: 1, attempts: 1 });
    expect(stderr).to.include('main.c: no such type\n');
  });

  it('asks for space where the disk is full', () => {
    const { exitCode, stderr, attempts } = step(
      'echo "write: No space left on device, connection closed"; exit 1',
    );
    expect({ exitCode, attempts }).to.deep.equal({ exitCode: 1, attempts: 1 });
    expect(stderr).to.equal(
      'installing failed: the disk is full. Free some space, then run the same again.\n',
    );
  });
});
