import { expect } from 'chai';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useStateStore } from './state-store.js';
import { TERRAFORM_ROOT, terraform } from './terraform-command.js';

const BOOTSTRAP = join(TERRAFORM_ROOT, 'bootstrap');
const WITHOUT_QUESTIONS = ['-input=false', '-no-color'];

// As terraform/bootstrap/README.md has it, with something that needs no cloud in place of the bucket.
describe('the first apply in a folder', () => {
  const store = useStateStore();

  beforeEach(async () => {
    const { folder } = store;
    await cp(join(BOOTSTRAP, 'backend.tf'), join(folder, 'backend.tf'));
    await cp(join(BOOTSTRAP, 'backend_override.tf.example'), join(folder, 'backend_override.tf'));
    await store.writeBackend(folder);
    await writeFile(join(folder, 'state.tf'), 'resource "terraform_data" "bucket" {}\n');
  });

  it('keeps its state on disk, until it is moved into the bucket that was made', async () => {
    const { folder, keys } = store;
    await terraform(folder, ['init', ...WITHOUT_QUESTIONS]);
    await terraform(folder, ['apply', '-auto-approve', ...WITHOUT_QUESTIONS]);
    await rm(join(folder, 'backend_override.tf'));
    await terraform(
      folder,
      ['init', '-migrate-state', '-force-copy', '-backend-config=backend.hcl', ...WITHOUT_QUESTIONS],
      keys,
    );
    await rm(join(folder, 'terraform.tfstate'));
    await rm(join(folder, 'terraform.tfstate.backup'), { force: true });

    const plan = await terraform(folder, ['plan', ...WITHOUT_QUESTIONS], keys);

    expect(plan).to.contain('No changes');
  });
});
