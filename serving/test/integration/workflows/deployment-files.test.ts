import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentValues } from '../../../local/deploy/deploy-inputs.js';
import { imagesOf } from '../../../local/deploy/deploy-plan.js';
import { environmentOf } from '../../../local/deploy/environment.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { SERVING_ROOT } from '../../support/training-environment.js';
import { needsJq } from './needs-jq.js';

const PROJECT_ROOT = join(SERVING_ROOT, '..');
const GIVEN = {
  TERRAFORM_OUTPUTS: '{"environment":{"value":"staging"}}',
  DIGESTS: '{"serving":"sha256:abc"}',
  API_KEY: 'k$y "with" everything',
};

describe('make deployment-files', () => {
  needsJq();

  let folder: string;

  beforeEach(() => {
    folder = join(temporaryDirectory(), 'deployment');
  });

  function write(env: Readonly<Record<string, string>>): {
    readonly exitCode: number | null;
    readonly said: string;
  } {
    const { status, stdout, stderr } = spawnSync('.github/tools/deployment-files.sh', [folder], {
      cwd: PROJECT_ROOT,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...env },
    });
    return { exitCode: status, said: stdout + stderr };
  }

  it('writes what the environment says, for nobody else to read', () => {
    expect(write(GIVEN)).to.deep.equal({ exitCode: 0, said: '' });
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(read('outputs.json').trim()).to.equal(GIVEN.TERRAFORM_OUTPUTS);
    expect(read('digests.json').trim()).to.equal(GIVEN.DIGESTS);
    expect(read('api-key')).to.equal(GIVEN.API_KEY);
    expect(statSync(join(folder, 'api-key')).mode & 0o077).to.equal(0);
  });

  for (const [name, wrong] of [
    ['TERRAFORM_OUTPUTS', ''],
    ['TERRAFORM_OUTPUTS', '{}'],
    ['DIGESTS', 'sha256:abc'],
    ['DIGESTS', '[]'],
    ['API_KEY', ''],
  ] as const) {
    it(`refuses ${wrong === '' ? 'no' : wrong} ${name}, and says which`, () => {
      const { exitCode, said } = write({ ...GIVEN, [name]: wrong });
      expect(exitCode).to.equal(64);
      expect(said)
        .to.match(new RegExp(`^${name} is `))
        .and.not.to.include(GIVEN.API_KEY);
    });
  }

  for (const name of ['dev', 'staging', 'prod']) {
    const { asksForKeys } = environmentValues(environmentOf(name), PROJECT_ROOT);
    it(`takes ${asksForKeys ? 'no deployment without a key' : 'one without a key'} to ${name}, as helm/values has it`, () => {
      const outputs = JSON.stringify({ environment: { value: environmentOf(name).values } });
      write({ ...GIVEN, TERRAFORM_OUTPUTS: outputs });
      const { exitCode, said } = write({ ...GIVEN, TERRAFORM_OUTPUTS: outputs, API_KEY: '' });
      expect(exitCode, said).to.equal(asksForKeys ? 64 : 0);
      // The key of the deployment before is not taken for one of this.
      expect(existsSync(join(folder, 'api-key'))).to.equal(false);
    });

    it(`hands to ${name} every image that it runs${name === 'dev' ? '' : ', and none that only dev runs'}`, () => {
      const environment = environmentOf(name);
      const published = new Set([...imagesOf(environment), ...imagesOf(environmentOf('dev')), 'airflow']);
      write({
        ...GIVEN,
        TERRAFORM_OUTPUTS: JSON.stringify({ environment: { value: environment.values } }),
        DIGESTS: JSON.stringify(Object.fromEntries([...published].map((image) => [image, 'sha256:abc']))),
      });
      const digests = JSON.parse(readFileSync(join(folder, 'digests.json'), 'utf8')) as object;
      expect(Object.keys(digests)).to.have.members(name === 'dev' ? [...published] : imagesOf(environment));
    });
  }
});
