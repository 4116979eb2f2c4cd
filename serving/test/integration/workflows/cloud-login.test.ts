import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { IAM_TOKEN as TOKEN, JOB_IDENTITY, JOB_SECRET, JobAuthorities } from '../../fakes/job-authorities.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { SERVING_ROOT } from '../../support/training-environment.js';
import { needsJq } from './needs-jq.js';

const run = promisify(execFile);
const PROJECT_ROOT = join(SERVING_ROOT, '..');
const ACCOUNT = 'aje00000000000000000';

describe('make cloud-login', () => {
  needsJq();

  let authorities: JobAuthorities;
  let folder: string;

  const file = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(file(name), 'utf8');

  beforeEach(async () => {
    authorities = await JobAuthorities.start();
    folder = temporaryDirectory();
    mkdirSync(file('bin'));
    // Instead of skopeo, which would ask the registry.
    writeFileSync(
      file('bin/skopeo'),
      `#!/usr/bin/env bash\nprintf '%s\\n' "$@" > '${file('arguments')}'\ncat > '${file('password')}'\n`,
      { mode: 0o755 },
    );
    writeFileSync(
      file('outputs.json'),
      JSON.stringify({
        registry: {
          value: { image_registry: 'registry.yandexcloud.net/cn1', ci_service_account_id: ACCOUNT },
        },
      }),
    );
  });

  afterEach(() => {
    authorities.stop();
  });

  function login(env: NodeJS.ProcessEnv = {}): Promise<{ stdout: string; stderr: string }> {
    return run('.github/tools/cloud-login.sh', [file('outputs.json')], {
      cwd: PROJECT_ROOT,
      env: {
        PATH: `${file('bin')}:${process.env['PATH']!}`,
        HOME: folder,
        ...authorities.variables,
        GITHUB_ENV: file('env'),
        GITHUB_PATH: file('path'),
        GITHUB_REPOSITORY_OWNER: 'owner',
        ...env,
      },
    });
  }

  it("exchanges the job's identity for a token of the environment's account", async () => {
    await login();
    const [identity, exchange] = authorities.asked;
    expect(identity).to.include({
      method: 'GET',
      url: '/identity?api-version=2.0&audience=https://github.com/owner',
    });
    expect(identity!.headers.authorization).to.equal(`bearer ${JOB_SECRET}`);
    expect(exchange).to.include({ method: 'POST', url: '/oauth/token' });
    expect(Object.fromEntries(new URLSearchParams(exchange!.body))).to.deep.equal({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: ACCOUNT,
      subject_token: JOB_IDENTITY,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    });
  });

  it('leaves the token to later steps, to kubectl and to the registry, and shows it nowhere', async () => {
    const { stdout, stderr } = await login();
    expect(read('env')).to.equal(`YC_IAM_TOKEN=${TOKEN}\n`);
    expect(read('password')).to.equal(TOKEN);
    expect(read('arguments'))
      .to.match(/--username\niam\n[^]*registry\.yandexcloud\.net\n$/)
      .and.not.to.include(TOKEN);
    // GitHub takes these lines out of the log, and from then on what they name.
    const shown = (stdout + stderr).split('\n').filter((line) => !line.startsWith('::add-mask::'));
    expect(shown.join('\n')).not.to.include(TOKEN).and.not.to.include(JOB_IDENTITY);

    const standIn = join(read('path').trim(), 'yc');
    const env = { PATH: process.env['PATH'], YC_IAM_TOKEN: TOKEN };
    const credential = await run(standIn, ['managed-kubernetes', 'create-token'], { env });
    expect(JSON.parse(credential.stdout)).to.deep.equal({
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      kind: 'ExecCredential',
      status: { token: TOKEN },
    });
    expect((await run(standIn, ['iam', 'create-token'], { env })).stdout).to.equal(`${TOKEN}\n`);
  });

  it('fails where the cloud does not know the job, and leaves nothing behind', async () => {
    authorities.exchange = {
      status: 403,
      body: { error: 'access_denied', error_description: 'unknown subject' },
    };
    const failed = await login().then(
      () => undefined,
      (error: unknown) => error as Error & { readonly stderr: string },
    );
    expect(failed?.stderr).to.include('403');
    expect(() => read('env')).to.throw();
    expect(() => read('password')).to.throw();
  });

  it('says what is missing outside of a workflow', async () => {
    const failed = await login({ ACTIONS_ID_TOKEN_REQUEST_URL: '' }).then(
      () => '',
      (error: unknown) => (error as { readonly stderr: string }).stderr,
    );
    expect(failed).to.include('permissions: id-token: write');
    expect(authorities.asked).to.have.length(0);
  });
});
