import { expect } from 'chai';
import { ContractViolation, parseManifest, type ContractRule } from '../../../src/model-package/contract.js';
import { draftManifest, type Draft } from '../../support/manifests.js';
import { thrown } from '../../support/rejection.js';

function violationOf(change: (draft: Draft) => void): ContractViolation {
  const draft = draftManifest();
  change(draft);
  return thrown(() => parseManifest(JSON.stringify(draft)), ContractViolation);
}

describe('parseManifest', () => {
  it('returns a manifest that keeps the contract as it is', () => {
    expect(parseManifest(JSON.stringify(draftManifest()))).to.deep.equal(draftManifest());
  });

  const accepted: Record<string, (draft: Draft) => void> = {
    'a model with another task, without decision': (draft) => {
      draft.task = 'generic';
      delete draft.decision;
    },
    'features as columns, of every type': (draft) => {
      draft.input = { layout: 'columns' };
      draft.features = [
        { name: 'a', type: 'string', nullable: false, categories: ['x', 'y'] },
        { name: 'b', type: 'bool', nullable: false },
        { name: 'c', type: 'float64', nullable: true },
      ];
      draft.golden.rows = [
        ['x', true, null],
        ['y', false, 1e300],
      ];
      draft.reference.features = {};
    },
    'an output with a list a row': (draft) => {
      draft.outputs.push({ name: 'probabilities', type: 'float32', shape: [2] });
      draft.golden.outputs['probabilities'] = [
        [0.75, 0.25],
        [0.25, 0.75],
      ];
    },
    'outputs of strings and booleans': (draft) => {
      draft.outputs.push({ name: 'segment', type: 'string', shape: [] });
      draft.outputs.push({ name: 'review', type: 'bool', shape: [] });
      draft.golden.outputs['segment'] = ['prime', 'watch'];
      draft.golden.outputs['review'] = [true, false];
    },
    'a range of one value': (draft) => {
      draft.features[0]!.range = { min: 40, max: 40 };
      draft.golden.rows = [[40, 1]];
      draft.golden.outputs = { score: [0.5], label: [1] };
    },
    'a histogram without edges': (draft) => {
      draft.reference.outputs['score'] = { kind: 'numeric', edges: [], counts: [2], missing: 0 };
    },
    'files in folders': (draft) => {
      draft.files.push({ path: 'plots/roc.png', sha256: 'a'.repeat(64), bytes: 10 });
    },
  };
  for (const [what, change] of Object.entries(accepted)) {
    it(`accepts ${what}`, () => {
      const draft = draftManifest();
      change(draft);
      expect(parseManifest(JSON.stringify(draft))).to.deep.equal(draft);
    });
  }

  it('refuses what is not JSON', () => {
    expect(thrown(() => parseManifest('{"contract_version":'), ContractViolation).rule).to.equal('schema');
  });

  for (const text of ['null', '[]', '"manifest"', '{}', '7']) {
    it(`refuses ${text}`, () => {
      expect(thrown(() => parseManifest(text), ContractViolation).rule).to.equal('schema');
    });
  }

  it('names the place where the schema is broken', () => {
    const { message } = violationOf((draft) => {
      draft.features[1]!.type = 'decimal' as 'string';
    });
    expect(message).to.match(/^schema: manifest\.json \/features\/1\/type /);
  });

  it('names the rule at the beginning of its message', () => {
    const { message } = violationOf((draft) => {
      draft.features[1]!.name = 'age';
    });
    expect(message).to.equal('duplicate-name: feature age is declared twice');
  });

  const refused: readonly (readonly [ContractRule, string, (draft: Draft) => unknown])[] = [
    ['schema', 'a contract version that it does not know', (d) => (d.contract_version = 2 as 1)],
    ['schema', 'a key that the schema does not name', (d) => Object.assign(d, { comment: 'hello' })],
    ['schema', 'a package without a graph', (d) => (d.files = d.files.filter((f) => f.path === 'MLmodel'))],
    ['schema', 'a package without MLmodel', (d) => (d.files[0]!.path = 'MLmodel.txt')],
    ['schema', 'a digest that is none', (d) => (d.files[0]!.sha256 = 'A'.repeat(64))],
    ['schema', 'a negative size', (d) => (d.files[0]!.bytes = -1)],
    ['schema', 'a binary classification without decision', (d) => delete d.decision],
    ['schema', 'a binary classification without score', (d) => (d.outputs[0]!.name = 'probability')],
    ['schema', 'a score that is a list', (d) => (d.outputs[0]!.shape = [2])],
    ['schema', 'null for an integer feature', (d) => (d.features[0]!.nullable = true)],
    [
      'schema',
      'a range of strings',
      (d) => (d.features[0] = { name: 'age', type: 'string', nullable: false, range: { min: 1 } }),
    ],
    ['schema', 'a tolerance that lets anything pass', (d) => (d.golden.tolerance = 0.02)],
    ['schema', 'no golden rows', (d) => (d.golden.rows = [])],
    ...[
      '../evil',
      '/etc/passwd',
      'a/../../b',
      '.hidden',
      'a/.b',
      'a//b',
      'a/',
      'a\\..\\b',
      'manifest.json',
      '',
    ].map(
      (path) =>
        [
          'schema',
          `a file at "${path}"`,
          (d: Draft) => d.files.push({ path, sha256: '0'.repeat(64), bytes: 1 }),
        ] as const,
    ),

    ['duplicate-name', 'two features of one name', (d) => (d.features[1]!.name = 'age')],
    [
      'file-path',
      'a file in the folder of whose name there is a file',
      (d) => d.files.push({ ...d.files[1]!, path: 'model.onnx/a/b' }),
    ],
    ['duplicate-name', 'two outputs of one name', (d) => d.outputs.push({ ...d.outputs[1]! })],
    ['duplicate-name', 'two files of one path', (d) => d.files.push({ ...d.files[0]! })],

    ['feature-domain', 'a range upside down', (d) => (d.features[0]!.range = { min: 2, max: 1 })],
    ['feature-domain', 'a category of another type', (d) => (d.features[0]!.categories = [1, 'two'])],
    ['feature-domain', 'a fraction as category of an integer', (d) => (d.features[0]!.categories = [1.5])],
    ['feature-domain', 'an integer as category of a bool', (d) => bool(d, [0, 1])],

    ['tensor-type', 'strings in a tensor of floats', (d) => (d.features[1] = text('income'))],
    ['tensor-type', 'numbers in a tensor of strings', (d) => (d.input = tensor('string'))],
    ['tensor-type', 'floats in a tensor of integers', (d) => (d.input = tensor('int64'))],
    ['tensor-type', 'integers in a tensor of bools', (d) => (d.input = tensor('bool'))],

    ['golden-row', 'a golden row with a value too few', (d) => (d.golden.rows[1] = [25])],
    ['golden-row', 'a golden row with a value too many', (d) => (d.golden.rows[1] = [25, 1, 1])],
    ['golden-row', 'a golden value of another type', (d) => (d.golden.rows[0] = ['40', 1])],
    ['golden-row', 'a golden value out of its range', (d) => (d.golden.rows[0] = [17, 1])],
    ['golden-row', 'a golden null that is not allowed', (d) => (d.golden.rows[0] = [null, 1])],
    [
      'golden-row',
      'a golden value that is no category',
      (d) => {
        d.features[0]!.categories = [30, 40];
      },
    ],

    ['golden-output', 'an output without golden values', (d) => delete d.golden.outputs['label']],
    ['golden-output', 'golden values of no output', (d) => (d.golden.outputs['extra'] = [1, 2])],
    ['golden-output', 'a golden value too few', (d) => (d.golden.outputs['score'] = [0.25])],
    ['golden-output', 'a golden value too many', (d) => (d.golden.outputs['score'] = [0.25, 0.5, 0.75])],
    ['golden-output', 'a golden output of another type', (d) => (d.golden.outputs['score'] = [0.25, 'high'])],
    ['golden-output', 'a list where a scalar belongs', (d) => (d.golden.outputs['score'] = [0.25, [0.75]])],
    ['golden-output', 'a scalar where a list belongs', (d) => vector(d, [[1, 2], 3])],
    ['golden-output', 'a list of another length', (d) => vector(d, [[1, 2], [3]])],
    [
      'golden-output',
      'a list with a value of another type',
      (d) =>
        vector(d, [
          [1, 2],
          [3, 'x'],
        ]),
    ],

    [
      'histogram',
      'a histogram of no feature',
      (d) => (d.reference.features['height'] = numeric([1], [1, 2])),
    ],
    ['histogram', 'a histogram of no output', (d) => (d.reference.outputs['age'] = numeric([1], [1, 2]))],
    ['histogram', 'as many counts as edges', (d) => (d.reference.features['age'] = numeric([1, 2], [1, 2]))],
    ['histogram', 'edges that descend', (d) => (d.reference.features['age'] = numeric([2, 1], [0, 1, 2]))],
    ['histogram', 'edges that repeat', (d) => (d.reference.features['age'] = numeric([1, 1], [0, 1, 2]))],
    [
      'histogram',
      'a category without count',
      (d) =>
        (d.reference.features['age'] = {
          kind: 'categorical',
          categories: [1, 2],
          counts: [1],
          missing: 0,
        }),
    ],
  ];
  for (const [rule, what, change] of refused) {
    it(`refuses ${what} (${rule})`, () => {
      const violation = violationOf((draft) => {
        change(draft);
      });
      expect(violation.rule, violation.message).to.equal(rule);
    });
  }

  it('refuses a number that is infinite once it is read', () => {
    const manifest = JSON.stringify(draftManifest()).replace('[40,1.5]', '[40,1e999]');
    expect(manifest).to.include('1e999');
    expect(thrown(() => parseManifest(manifest), ContractViolation).rule).to.equal('golden-row');
  });
});

function tensor(type: 'string' | 'int64' | 'bool'): Draft['input'] {
  return { layout: 'tensor', name: 'features', type };
}

function text(name: string): Draft['features'][number] {
  return { name, type: 'string', nullable: false };
}

function bool(draft: Draft, categories: (number | boolean)[]): unknown {
  return (draft.features[0] = { name: 'age', type: 'bool', nullable: false, categories });
}

function numeric(edges: number[], counts: number[]): Draft['reference']['features'][string] {
  return { kind: 'numeric', edges, counts, missing: 0 };
}

function vector(draft: Draft, values: Draft['golden']['outputs'][string]): unknown {
  draft.outputs.push({ name: 'probabilities', type: 'float32', shape: [2] });
  return (draft.golden.outputs['probabilities'] = values);
}
