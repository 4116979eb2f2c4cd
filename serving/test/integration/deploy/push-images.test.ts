import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { CommandFailure, runCommand } from '../../../local/cluster/child-command.js';
import { rejection } from '../../support/rejection.js';
import { StandIns } from '../../support/stand-ins.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { SERVING_ROOT } from '../../support/training-environment.js';

const SCRIPT = join(SERVING_ROOT, '../helm/images/push.sh');
const REGISTRY = 'registry.example.com/platform';
const ID = 'a'.repeat(64);

describe('pushing images', () => {
  let programs: StandIns;
  let digestsFile: string;

  before(async function () {
    const has = await promisify(execFile)('jq', ['--version']).catch(() => undefined);
    // The script says so where there is none.
    if (has === undefined) this.skip();
  });

  beforeEach(() => {
    programs = new StandIns();
    digestsFile = join(temporaryDirectory(), 'digests', '1.4.0.json');
    programs.add('docker', 'exit 1');
    programs.add('podman', 'exit 1');
    programs.add(
      'buildah',
      `case "$1" in inspect) echo ${ID} ;; push) echo '{"config": {"digest": "sha256:${ID}"}}' >"$0.registry" ;; esac`,
    );
    registryHas(undefined);
  });

  /** What the registry has under the name, until it is pushed to. */
  function registryHas(id: string | undefined): void {
    const there =
      id === undefined
        ? `echo 'manifest unknown' >&2; exit 1`
        : `echo '{"config": {"digest": "sha256:${id}"}}'`;
    programs.add(
      'skopeo',
      `file="\${0%/*}/buildah.registry"; if [[ -e $file ]]; then cat "$file"; else ${there}; fi`,
    );
  }

  function push(env: Readonly<Record<string, string>> = {}, registry = REGISTRY): Promise<string> {
    const path = `${programs.path}:${process.env['PATH']}`;
    // As where images are built by buildah.
    return runCommand(SCRIPT, [registry, '1.4.0', digestsFile, 'serving'], {
      env: { PATH: path, CLUSTER_TOOLS: '/somewhere', FORCE: '', ...env },
    });
  }

  function pushes(): readonly string[] {
    return programs.calls.filter((call) => call.startsWith('buildah push'));
  }

  it('leaves their digests, by which they are deployed', async () => {
    expect(await push()).to.match(
      /^registry\.example\.com\/platform\/serving:1\.4\.0 pushed as sha256:[0-9a-f]{64}$/m,
    );
    expect(pushes()).to.have.length(1);
    const digests = JSON.parse(readFileSync(digestsFile, 'utf8')) as Record<string, string>;
    expect(digests['serving']).to.match(/^sha256:[0-9a-f]{64}$/);
  });

  it('has nothing to do a second time', async () => {
    registryHas(ID);
    expect(await push()).to.include('is there already');
    expect(pushes()).to.deep.equal([]);
    expect(readFileSync(digestsFile, 'utf8')).to.include('sha256:');
  });

  it('moves no tag but by force', async () => {
    registryHas('b'.repeat(64));
    const { stderr, exitCode } = await rejection(push(), CommandFailure);
    expect([exitCode, pushes()]).to.deep.equal([65, []]);
    expect(stderr).to.include('A tag is not moved').and.include('FORCE=1');
    await push({ FORCE: '1' });
    expect(pushes()).to.have.length(1);
  });

  it('takes no for an answer only where the registry says that there is none', async () => {
    programs.add('skopeo', `echo 'unauthorized: log in first' >&2; exit 1`);
    const { stderr } = await rejection(push(), CommandFailure);
    expect(stderr).to.include('unauthorized: log in first');
    expect(pushes()).to.deep.equal([]);
  });

  it('wants the name of a registry', async () => {
    const { stderr } = await rejection(push({}, 'localhost/retraining'), CommandFailure);
    expect(stderr).to.include('names no registry');
  });
});
