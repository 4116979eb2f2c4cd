import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { SERVING_ROOT } from '../../support/training-environment.js';
import { needsJq } from './needs-jq.js';

const SCRIPT = join(SERVING_ROOT, '../helm/await-release.sh');
/** In place of helm: has a release that is being changed for as many looks as it is told. */
const HELM = `#!/usr/bin/env bash
echo "$*" >> "$0.asked"
if (($(wc -l < "$0.asked") <= $PENDING)); then
  printf '[{"name":"platform","status":"pending-upgrade","updated":"%s"}]' "$SINCE"
else
  echo '[]'
fi
`;

describe('a release that somebody changes', () => {
  needsJq();

  const folder = temporaryDirectory();
  const asked = join(folder, 'helm.asked');

  before(() => {
    writeFileSync(join(folder, 'helm'), HELM, { mode: 0o755 });
  });

  beforeEach(() => {
    rmSync(asked, { force: true });
  });

  function wait(pending: number, sinceMinutes = 1): { readonly looks: string[]; readonly said: string } {
    const { status, stdout, stderr } = spawnSync(SCRIPT, ['platform', 'retraining'], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        PATH: `${folder}:${process.env['PATH']!}`,
        PENDING: String(pending),
        SINCE: new Date(Date.now() - sinceMinutes * 60_000).toISOString().replace(/\.\d+Z$/, 'Z'),
        POLL_SECONDS: '0',
      },
    });
    expect(status, stderr).to.equal(0);
    const looks = existsSync(asked) ? readFileSync(asked, 'utf8').trim().split('\n') : [];
    return { looks, said: stdout + stderr };
  }

  it('is not waited for where nobody does', () => {
    const { looks, said } = wait(0);
    expect(looks).to.have.length(1);
    expect(looks[0]).to.match(/^list --namespace retraining --filter \^platform\$ --pending /);
    expect(said).to.equal('');
  });

  it('is waited for, which is said once', () => {
    const { looks, said } = wait(3);
    expect(looks).to.have.length(4);
    expect(said.match(/waiting for the end/g)).to.have.length(1);
  });

  it('is not waited for where that was interrupted long ago, which is said', () => {
    const { looks, said } = wait(3, 40);
    expect(looks).to.have.length(1);
    expect(said).to.include('interrupted');
  });
});
