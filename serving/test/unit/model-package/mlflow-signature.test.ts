import { expect } from 'chai';
import { ContractViolation } from '../../../src/model-package/contract.js';
import { checkMlflowSignature } from '../../../src/model-package/mlflow-signature.js';
import type { ElementType, Manifest } from '../../../src/model-package/manifest.js';
import { manifestWith, mlmodelOf } from '../../support/manifests.js';
import { thrown } from '../../support/rejection.js';

const manifest: Manifest = manifestWith([
  { name: 'age', type: 'int32', nullable: false },
  { name: 'income', type: 'float64', nullable: true },
]);

function withInputs(inputs: unknown): string {
  return `signature:\n  inputs: '${JSON.stringify(inputs)}'\n`;
}

function violationOf(mlmodel: string, of: Manifest = manifest): ContractViolation {
  const violation = thrown(() => {
    checkMlflowSignature(mlmodel, of);
  }, ContractViolation);
  expect(violation.rule).to.equal('signature');
  return violation;
}

describe('checkMlflowSignature', () => {
  it('accepts a signature that says what the manifest says', () => {
    expect(() => {
      checkMlflowSignature(mlmodelOf(manifest), manifest);
    }).not.to.throw();
  });

  it('takes a column that does not say so for required', () => {
    const inputs = [
      { name: 'age', type: 'integer' },
      { name: 'income', type: 'double', required: false },
    ];
    expect(() => {
      checkMlflowSignature(withInputs(inputs), manifest);
    }).not.to.throw();
  });

  const pairs: readonly (readonly [ElementType, string])[] = [
    ['float32', 'float'],
    ['float64', 'double'],
    ['int32', 'integer'],
    ['int64', 'long'],
    ['bool', 'boolean'],
    ['string', 'string'],
  ];
  for (const [type, own] of pairs) {
    for (const [, theirs] of pairs) {
      const agree = own === theirs;
      it(`${agree ? 'accepts' : 'refuses'} MLflow's ${theirs} for ${type}`, () => {
        const one = manifestWith([{ name: 'x', type, nullable: false }]);
        const check = (): void => {
          checkMlflowSignature(withInputs([{ name: 'x', type: theirs, required: true }]), one);
        };
        if (agree) expect(check).not.to.throw();
        else expect(check).to.throw(ContractViolation);
      });
    }
  }

  it('refuses inputs in another order', () => {
    const reversed = { features: [...manifest.features].reverse() };
    expect(violationOf(mlmodelOf(reversed)).message).to.include('input 0 has name income');
  });

  it('refuses an input too few and an input too many', () => {
    violationOf(mlmodelOf({ features: manifest.features.slice(1) }));
    violationOf(
      mlmodelOf({ features: [...manifest.features, { name: 'z', type: 'bool', nullable: false }] }),
    );
  });

  it('refuses required that is not the opposite of nullable, either way', () => {
    const [age, income] = manifest.features;
    violationOf(mlmodelOf({ features: [{ ...age!, nullable: true }, income!] }));
    violationOf(mlmodelOf({ features: [age!, { ...income!, nullable: false }] }));
  });

  const unreadable: Record<string, string> = {
    'no signature': 'flavors: {}\n',
    'an empty file': '',
    'no YAML': 'signature: [unclosed\n  : : :',
    'inputs that are no JSON': "signature:\n  inputs: 'age, income'\n",
    'unnamed columns': withInputs([{ type: 'integer' }, { type: 'double' }]),
    'a tensor signature': withInputs([
      { type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 2] } },
    ]),
    'inputs that are no list': withInputs({ name: 'age' }),
    'aliases that blow up': 'a: &a [x, x]\nb: &b [*a, *a]\nsignature: *b\n',
  };
  for (const [what, mlmodel] of Object.entries(unreadable)) {
    it(`refuses ${what}`, () => {
      violationOf(mlmodel);
    });
  }
});
