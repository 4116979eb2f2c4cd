import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../local/cluster/child-command.js';
import { useStateStore } from './state-store.js';
import { complaintOf, TERRAFORM_ROOT } from './terraform-command.js';

const NOBODY = {
  YC_TOKEN: '',
  YC_SERVICE_ACCOUNT_KEY_FILE: '',
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
};

// The command as it is, on an environment of its own that needs no cloud.
describe('make tf-plan and make tf-apply', () => {
  const store = useStateStore();
  let staging: string;
  let somebody: Record<string, string>;

  function environment(args: readonly string[], env: Record<string, string> = somebody): Promise<string> {
    return runCommand(join(store.folder, 'tools/environment.sh'), args, {
      timeoutMs: 60_000,
      env: { CHECKPOINT_DISABLE: '1', ...env },
    });
  }

  beforeEach(async () => {
    const { folder } = store;
    const programs = join(folder, 'programs');
    await mkdir(programs);
    await writeFile(join(programs, 'yc'), '', { mode: 0o755 });
    const path = `${programs}:${process.env['PATH'] ?? ''}`;
    somebody = { ...NOBODY, ...store.keys, YC_TOKEN: 't1.made-up', PATH: path };
    staging = join(folder, 'environments/staging');
    await mkdir(join(folder, 'tools'));
    await mkdir(staging, { recursive: true });
    await cp(join(TERRAFORM_ROOT, 'tools/environment.sh'), join(folder, 'tools/environment.sh'));
    await cp(join(TERRAFORM_ROOT, 'environments/staging/backend.tf'), join(staging, 'backend.tf'));
    await writeFile(
      join(staging, 'platform.tf'),
      'variable "size" {\n  type = string\n}\nresource "terraform_data" "cluster" {\n  triggers_replace = var.size\n}\n',
    );
    await store.writeBackend(staging);
    await writeFile(join(staging, 'terraform.tfvars'), 'size = "small"\n');
  });

  it('says all that is missing where there is no account', async () => {
    await rm(join(staging, 'backend.hcl'));
    await rm(join(staging, 'terraform.tfvars'));

    expect(await complaintOf(environment(['plan', 'staging'], NOBODY)))
      .to.contain('backend.hcl.example')
      .and.contain('terraform.tfvars.example')
      .and.contain('YC_TOKEN=$(yc iam create-token')
      .and.contain('AWS_ACCESS_KEY_ID=$(yc lockbox payload get');
  });

  it('knows three environments', async () => {
    expect(await complaintOf(environment(['plan', 'production']))).to.contain('ENV=dev|staging|prod');
    expect(await complaintOf(environment(['plan']))).to.contain('ENV is not set');
  });

  it('applies what was shown, once', async () => {
    const shown = await environment(['plan', 'staging']);
    expect(shown).to.contain('1 to add').and.contain('make tf-apply ENV=staging');
    expect(shown).not.to.contain('these go');

    expect(await environment(['apply', 'staging']))
      .to.contain('1 added')
      .and.contain('make deploy ENV=staging');
    expect(await complaintOf(environment(['apply', 'staging']))).to.contain('there is no plan');
  });

  it('names what would go', async () => {
    await environment(['plan', 'staging']);
    await environment(['apply', 'staging']);
    await writeFile(join(staging, 'terraform.tfvars'), 'size = "large"\n');

    expect(await environment(['plan', 'staging'])).to.match(
      /these go:\n {2}terraform_data\.cluster must be replaced/,
    );
  });

  it('does not apply a plan whose state has moved on', async () => {
    await environment(['plan', 'staging']);
    await cp(join(staging, 'staging.tfplan'), join(store.folder, 'first.tfplan'));
    await environment(['apply', 'staging']);
    await cp(join(store.folder, 'first.tfplan'), join(staging, 'staging.tfplan'));

    expect(await complaintOf(environment(['apply', 'staging']))).to.contain('Saved plan is stale');
    expect(existsSync(join(staging, 'staging.tfplan'))).to.equal(true);
  });
});
