import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PlatformFailure } from '../../../../local/failure.js';
import { readTerraformOutputs } from '../../../../local/deploy/terraform-outputs.js';
import { outputsFile } from '../../../support/terraform-outputs.js';

const REMEDY = 'Run terraform apply.';

type Wrapped = Record<string, { value: unknown }>;

function fixture(environment: Parameters<typeof outputsFile>[0]): Wrapped {
  return JSON.parse(readFileSync(outputsFile(environment), 'utf8')) as Wrapped;
}

function failureOf(text: string): PlatformFailure {
  try {
    readTerraformOutputs(text, 'outputs.json', REMEDY);
  } catch (error) {
    if (error instanceof PlatformFailure) return error;
    throw error;
  }
  throw new Error('It was read');
}

describe('the outputs of Terraform', () => {
  for (const environment of ['dev', 'staging', 'production'] as const) {
    it(`of ${environment} are read as it prints them`, () => {
      const text = JSON.stringify(fixture(environment));
      const read = readTerraformOutputs(text, 'outputs.json', REMEDY);
      expect(read.environment).to.equal(environment);
      expect(read.database === null).to.equal(environment === 'dev');
    });
  }

  it('that are null are those that it leaves out', () => {
    const { database, storage, secrets, edge, ...outputs } = fixture('dev');
    for (const { value } of [database, storage, secrets, edge].filter((output) => output !== undefined)) {
      expect(value).to.equal(null);
    }
    expect(readTerraformOutputs(JSON.stringify(outputs), 'outputs.json', REMEDY)).to.include({
      database: null,
      storage: null,
      secrets: null,
      edge: null,
    });
  });

  it('name each that is missing or wrong, and what to run', () => {
    const outputs = fixture('staging');
    delete outputs['registry'];
    delete outputs['storage'];
    outputs['database']!.value = { ...(outputs['database']!.value as object), host: undefined, port: '6432' };
    const { message, remedy } = failureOf(JSON.stringify(outputs));
    expect(message).to.include('Outputs of outputs.json');
    expect(message).to.match(/^ {2}registry: is missing$/m);
    expect(message).to.match(/^ {2}database\.host: is missing$/m);
    expect(message).to.match(/^ {2}database\.port: .*expected number/m);
    expect(message).to.match(/^ {2}storage: is missing, and only dev does without$/m);
    expect(remedy).to.equal(REMEDY);
  });

  for (const [what, text, message] of [
    ['nothing that was applied', '{}', 'nothing was applied yet'],
    ['no JSON', 'No outputs found', 'is no JSON'],
    ['JSON of something else', '{"environment": "dev"}', 'is not what `terraform output -json` prints'],
  ] as const) {
    it(`are refused where they are ${what}`, () => {
      expect(failureOf(text).message).to.include(message);
    });
  }
});
