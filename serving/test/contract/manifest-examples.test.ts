import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ContractViolation, parseManifest } from '../../src/model-package/contract.js';
import { thrown } from '../support/rejection.js';
import { CONTRACT_ROOT, SERVING_ROOT } from '../support/training-environment.js';

function examples(kind: 'valid' | 'invalid'): { name: string; text: string }[] {
  const folder = join(CONTRACT_ROOT, 'examples', kind);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

describe('the contract that both languages keep', () => {
  it('is one schema, byte by byte', () => {
    const here = readFileSync(join(SERVING_ROOT, 'src/model-package/model-package.schema.json'));
    expect(here.equals(readFileSync(join(CONTRACT_ROOT, 'model-package.schema.json')))).to.equal(true);
  });

  it('has examples of both kinds, and of every rule that a manifest alone can break', () => {
    expect(examples('valid')).not.to.be.empty;
    const rules = new Set(examples('invalid').map(({ name }) => name.split('--')[0]));
    expect([...rules]).to.have.members([
      'schema',
      'duplicate-name',
      'golden-row',
      'golden-output',
      'histogram',
      'feature-domain',
      'file-path',
      'tensor-type',
    ]);
  });

  for (const { name, text } of examples('valid')) {
    it(`accepts ${name}`, () => {
      expect(parseManifest(text)).to.deep.equal(JSON.parse(text));
    });
  }

  for (const { name, text } of examples('invalid')) {
    const rule = name.split('--')[0];
    it(`refuses ${name} for ${rule!}`, () => {
      const violation = thrown(() => parseManifest(text), ContractViolation);
      expect(violation.rule, violation.message).to.equal(rule);
    });
  }
});
