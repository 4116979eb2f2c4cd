import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTerraformOutputs, type TerraformOutputs } from '../../local/deploy/terraform-outputs.js';
import { SERVING_ROOT } from './training-environment.js';

/** What `terraform output -json` prints of an environment. */
export function outputsFile(environment: TerraformOutputs['environment']): string {
  return join(SERVING_ROOT, 'test/fixtures/terraform-outputs', `${environment}.json`);
}

export function outputsOf(environment: TerraformOutputs['environment']): TerraformOutputs {
  const file = outputsFile(environment);
  return readTerraformOutputs(readFileSync(file, 'utf8'), file, 'Correct the fixture.');
}
