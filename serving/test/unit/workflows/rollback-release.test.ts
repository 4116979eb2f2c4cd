import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { REPOSITORY_ROOT } from '../../workflows/runner/workflow-run.js';

/** In place of helm: shows this history, and writes down what else it is asked, an argument a line. */
const HELM = `#!/usr/bin/env bash
if [[ $* == *--output* ]]; then printf '%s' "$HISTORY"; else printf '%s\\n' "$@" >> "$CALLED"; fi
`;

describe('a release that goes back', () => {
  const folder = temporaryDirectory();
  const called = join(folder, 'called');

  before(() => {
    writeFileSync(join(folder, 'helm'), HELM);
    chmodSync(join(folder, 'helm'), 0o755);
  });

  beforeEach(() => {
    writeFileSync(called, '');
  });

  function rollback(
    history: readonly string[],
    env: Record<string, string>,
  ): Promise<{ code: number; stderr: string; asked: string[] }> {
    const revisions = history.map((status, i) => ({ revision: i + 1, status }));
    const program = join(REPOSITORY_ROOT, 'helm/rollback.sh');
    const variables = {
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      CALLED: called,
      HISTORY: JSON.stringify(revisions),
      ...env,
    };
    return new Promise((resolve) => {
      const child = execFile(
        program,
        ['platform', 'retraining'],
        { env: variables, cwd: folder },
        (_, __, stderr) => {
          resolve({ code: child.exitCode ?? -1, stderr, asked: readFileSync(called, 'utf8').split('\n') });
        },
      );
    });
  }

  it('goes to the last revision that was deployed, past those that never came up, and says why in its history', async () => {
    const history = ['superseded', 'superseded', 'failed', 'deployed'];
    const { code, asked, stderr } = await rollback(history, { REASON: 'answers are slow', BY: 'ana' });
    expect(code, stderr).to.equal(0);
    expect(asked.slice(0, 3)).to.deep.equal(['rollback', 'platform', '2']);
    expect(asked).to.include.members(['--wait', '--description', 'ana: answers are slow']);
  });

  it('goes to the revision that is named', async () => {
    const { asked } = await rollback(['superseded', 'superseded', 'deployed'], {
      REASON: 'x',
      REVISION: '1',
    });
    expect(asked[2]).to.equal('1');
  });

  it('takes a reason as text, as much of it as helm keeps', async () => {
    const { asked } = await rollback(['superseded', 'deployed'], {
      REASON: `$(touch pwned) \`touch pwned\` ${'x'.repeat(300)}`,
    });
    const description = asked[asked.indexOf('--description') + 1]!;
    expect(description).to.match(/^\$\(touch pwned\) `touch pwned` x+$/);
    expect(description).to.have.length(256);
    expect(existsSync(join(folder, 'pwned'))).to.equal(false);
  });

  for (const [what, history, env, said] of [
    ['without a reason', ['superseded', 'deployed'], { REASON: ' \t' }, 'needs a reason'],
    ['where nothing was deployed before', ['failed', 'deployed'], { REASON: 'x' }, 'no earlier revision'],
  ] as const) {
    it(`goes nowhere ${what}`, async () => {
      const { code, stderr, asked } = await rollback(history, env);
      expect(code).to.be.greaterThan(0);
      expect(stderr).to.include(said);
      expect(asked).to.deep.equal(['']);
    });
  }
});
