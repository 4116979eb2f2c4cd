import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { SERVING_ROOT } from '../../support/training-environment.js';
import { needsJq } from './needs-jq.js';

const SCRIPT = join(SERVING_ROOT, '../.github/tools/deployment-order.sh');
/** In place of helm: knows one release or none, and writes down which cluster it was asked about. */
const HELM = `#!/usr/bin/env bash
cat "$KUBECONFIG" >> "$ASKED"
case "$1 $2" in
  'list --namespace') if [[ $* == *--pending* ]]; then echo '[]'; elif [[ -n $DEPLOYED && -z $FAILED ]]; then echo platform; fi ;;
  'get values') printf '{"global":{"image":{"tag":"%s"}}}' "$DEPLOYED" ;;
  *) exit 9 ;;
esac
`;

describe('the order of deployments', () => {
  needsJq();

  const commits: Record<string, string> = { nothing: '', 'a version': '1.4.0', unknown: 'c0de'.repeat(10) };
  let folder: string;

  before(() => {
    folder = temporaryDirectory();
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'tmp'));
    writeFileSync(join(folder, 'bin/helm'), HELM, { mode: 0o755 });
    writeFileSync(join(folder, 'outputs.json'), '{"kubeconfig":{"value":"of-the-environment"}}');
    const git = (...args: readonly string[]): string =>
      execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@example.org', ...args], {
        cwd: folder,
        encoding: 'utf8',
      }).trim();
    git('init', '--quiet', '--initial-branch=main');
    for (const name of ['earlier', 'this', 'later']) {
      git('commit', '--quiet', '--allow-empty', '--message', name);
      commits[name] = git('rev-parse', 'HEAD');
    }
    git('switch', '--quiet', '--create', 'aside', commits['earlier']!);
    git('commit', '--quiet', '--allow-empty', '--message', 'another one');
    commits['another branch'] = git('rev-parse', 'HEAD');
  });

  function deploy(
    deployed: string,
    hasFailed = false,
  ): { readonly exitCode: number | null; readonly said: string } {
    const { status, stdout, stderr } = spawnSync(
      SCRIPT,
      [join(folder, 'outputs.json'), 'retraining', commits['this']!],
      {
        cwd: folder,
        encoding: 'utf8',
        env: {
          PATH: `${folder}/bin:${process.env['PATH']!}`,
          DEPLOYED: deployed,
          FAILED: hasFailed ? 'yes' : '',
          ASKED: join(folder, 'asked'),
          TMPDIR: join(folder, 'tmp'),
        },
      },
    );
    return { exitCode: status, said: stdout + stderr };
  }

  for (const there of ['nothing', 'earlier', 'this', 'a version', 'another branch', 'unknown']) {
    it(`lets a commit go where there is ${there}`, () => {
      expect(deploy(commits[there]!)).to.deep.equal({ exitCode: 0, said: '' });
    });
  }

  it('does not let it replace a later one, and says how one goes back', () => {
    const { exitCode, said } = deploy(commits['later']!);
    expect(exitCode).to.equal(1);
    expect(said).to.include(commits['later']).and.include(commits['this']).and.include('rollback.yml');
  });

  it('lets it replace a later one that has failed', () => {
    expect(deploy(commits['later']!, true)).to.deep.equal({ exitCode: 0, said: '' });
  });

  it('asks the cluster of the environment, and keeps nothing of its kubeconfig', () => {
    deploy(commits['this']!);
    expect(new Set(readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n'))).to.deep.equal(
      new Set(['of-the-environment']),
    );
    expect(readdirSync(join(folder, 'tmp'))).to.deep.equal([]);
  });
});
