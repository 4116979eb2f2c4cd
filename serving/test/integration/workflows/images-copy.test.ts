import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { SERVING_ROOT } from '../../support/training-environment.js';
import { needsJq } from './needs-jq.js';

const PROJECT_ROOT = join(SERVING_ROOT, '..');
const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('make images-copy', () => {
  needsJq();

  let folder: string;
  const file = (name: string): string => join(folder, name);

  beforeEach(() => {
    folder = temporaryDirectory();
    mkdirSync(file('bin'));
    standIn('cosign', 'true');
    standIn('skopeo', 'true');
  });

  /** A program that writes down what it was asked, and ends as it is told. */
  function standIn(name: string, end: string): void {
    const script = `#!/usr/bin/env bash\nprintf '%s ' "$@" >> '${file(name)}'\necho >> '${file(name)}'\n${end}\n`;
    writeFileSync(file(`bin/${name}`), script, { mode: 0o755 });
  }

  function copy(digests: unknown): { readonly exitCode: number | null; readonly said: string } {
    writeFileSync(file('digests.json'), JSON.stringify(digests));
    const { status, stdout, stderr } = spawnSync(
      'helm/images/copy.sh',
      ['ghcr.io/Owner/Repository', 'registry.yandexcloud.net/cn1', 'abc', file('digests.json')],
      {
        cwd: PROJECT_ROOT,
        encoding: 'utf8',
        env: { PATH: `${file('bin')}:${process.env['PATH']!}`, GITHUB_REPOSITORY: 'Owner/Repository' },
      },
    );
    return { exitCode: status, said: stdout + stderr };
  }

  it("copies bytes that this repository's main has signed, under their digest", () => {
    const { exitCode, said } = copy({ serving: DIGEST });
    expect(exitCode, said).to.equal(0);
    expect(readFileSync(file('cosign'), 'utf8'))
      .to.include(`ghcr.io/owner/repository/serving@${DIGEST}`)
      .and.to.include('https://github.com/Owner/Repository/.github/workflows/ci-cd.yml@refs/heads/main')
      .and.to.include('--certificate-oidc-issuer https://token.actions.githubusercontent.com');
    expect(readFileSync(file('skopeo'), 'utf8'))
      .to.include('--preserve-digests')
      .and.to.include(`docker://ghcr.io/owner/repository/serving@${DIGEST}`)
      .and.to.include('docker://registry.yandexcloud.net/cn1/serving:abc');
  });

  it('copies nothing whose signature is not verified', () => {
    standIn('cosign', 'false');
    expect(copy({ serving: DIGEST }).exitCode).not.to.equal(0);
    expect(existsSync(file('skopeo'))).to.equal(false);
  });

  for (const [what, digests] of [
    ['a tag instead of a digest', { serving: 'latest' }],
    ['a name with a path in it', { '../serving': DIGEST }],
    ['an empty list', {}],
    ['something else', ['serving']],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(copy(digests).exitCode).not.to.equal(0);
      expect(existsSync(file('skopeo'))).to.equal(false);
    });
  }
});
