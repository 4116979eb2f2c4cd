import { expect } from 'chai';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complaintOf, TERRAFORM_ROOT, terraform } from './terraform-command.js';

/** In place of the module platform: things that have ids, some of which change in place. */
const PLATFORM = `
variable "data" {
  type = map(string)
}
resource "terraform_data" "kept" {
  for_each = var.data
  input    = each.value
}
output "data_ids" {
  value = { for name, kept in terraform_data.kept : name => kept.id }
}
`;
const ROOT = `
variable "data" {
  type = map(string)
}
module "platform" {
  source = "./platform"
  data   = var.data
}
`;
const DATA = { database: 'small', 'bucket mlflow': 'empty' };
const DATABASE = 'module.platform.terraform_data.kept["database"]';

// Plans that Terraform really makes and applies, of the file that the environments have.
for (const environment of ['staging', 'prod']) {
  describe(`what holds data in ${environment}`, () => {
    let folder: string;

    function planned(data: Record<string, string>, ...options: string[]): Promise<string> {
      return terraform(folder, [
        'plan',
        '-input=false',
        '-no-color',
        `-var=data=${JSON.stringify(data)}`,
        ...options,
      ]);
    }

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'data-stays-'));
      await mkdir(join(folder, 'platform'));
      await writeFile(join(folder, 'platform', 'platform.tf'), PLATFORM);
      await writeFile(join(folder, 'root.tf'), ROOT);
      await cp(
        join(TERRAFORM_ROOT, 'environments', environment, 'data-stays.tf'),
        join(folder, 'data-stays.tf'),
      );
      await terraform(folder, ['init', '-input=false']);
      await terraform(folder, [
        'apply',
        '-auto-approve',
        '-input=false',
        `-var=data=${JSON.stringify(DATA)}`,
      ]);
    });
    afterEach(async () => {
      await rm(folder, { recursive: true });
    });

    it('may change in place, and more may come', async () => {
      const plan = await planned({ ...DATA, database: 'large', 'bucket more': 'empty' });

      expect(plan).to.contain('Plan: 2 to add, 1 to change, 0 to destroy');
    });

    it('is not replaced', async () => {
      const complaint = await complaintOf(planned(DATA, `-replace=${DATABASE}`));

      expect(complaint)
        .to.contain('Instance cannot be destroyed')
        .and.contain('terraform_data.data_stays["database"]');
    });

    it('is not removed by leaving it out', async () => {
      const complaint = await complaintOf(planned({ database: 'small' }));

      expect(complaint).to.contain('terraform_data.data_stays["bucket mlflow"]');
    });

    it('is not destroyed with the rest', async () => {
      const complaint = await complaintOf(planned(DATA, '-destroy'));

      expect(complaint).to.contain('Instance cannot be destroyed');
    });

    it('goes when a person has taken its guard away, and nothing else goes', async () => {
      await terraform(folder, ['state', 'rm', 'terraform_data.data_stays["bucket mlflow"]']);

      expect(await planned({ database: 'small' })).to.contain('Plan: 0 to add, 0 to change, 1 to destroy');
      expect(await complaintOf(planned({}))).to.contain('terraform_data.data_stays["database"]');
    });
  });
}
