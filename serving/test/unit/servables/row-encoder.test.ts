import { inspect } from 'node:util';
import { expect } from 'chai';
import { RequestError } from '../../../src/errors.js';
import { accepts, featureDomain } from '../../../src/model-package/feature-domain.js';
import type { ElementType, Feature, Manifest } from '../../../src/model-package/manifest.js';
import type { RawTensor } from '../../../src/servables/raw-tensor.js';
import { RowBatch } from '../../../src/servables/row-batch.js';
import { RowEncoder } from '../../../src/servables/row-encoder.js';
import { manifestWith } from '../../support/manifests.js';
import { thrown } from '../../support/rejection.js';

const FEATURES: readonly Feature[] = [
  { name: 'age', type: 'int32', nullable: false, range: { min: 18, max: 120 } },
  { name: 'income', type: 'float32', nullable: true },
  { name: 'owner', type: 'bool', nullable: false },
];
const TENSOR: Manifest['input'] = { layout: 'tensor', name: 'features', type: 'float32' };

function refusal(encoder: RowEncoder, instances: readonly unknown[]): RequestError {
  const error = thrown(() => encoder.encode(instances), RequestError);
  expect(error.code).to.equal('SIGNATURE_MISMATCH');
  return error;
}

/** Parsed, so that it is what a client can send: own `__proto__` keys and infinities too. */
function parsed(json: string): unknown {
  return JSON.parse(json);
}

describe('RowEncoder', () => {
  describe('with one tensor', () => {
    const encoder = new RowEncoder(manifestWith(FEATURES, TENSOR));

    it('fills one input, as wide as there are features', () => {
      expect(encoder.inputs).to.deep.equal([{ name: 'features', type: 'float32', width: 3 }]);
    });

    it('takes rows by position', () => {
      const { rows, inputs } = encoder.encode([
        [40, 1.5, true],
        [18, null, false],
      ]);
      expect(rows).to.equal(2);
      expect(inputs).to.deep.equal([Float32Array.of(40, 1.5, 1, 18, NaN, 0)]);
    });

    it('takes rows by name, in any order', () => {
      const { inputs } = encoder.encode([
        { owner: true, income: 1.5, age: 40 },
        { age: 18, income: null, owner: false },
      ]);
      expect(inputs).to.deep.equal([Float32Array.of(40, 1.5, 1, 18, NaN, 0)]);
    });

    it('takes both kinds of row in one request', () => {
      const { inputs } = encoder.encode([[40, 1.5, true], { age: 18, income: null, owner: false }]);
      expect(inputs).to.deep.equal([Float32Array.of(40, 1.5, 1, 18, NaN, 0)]);
    });
  });

  describe('with a tensor of another type', () => {
    const cases: readonly (readonly [ElementType, ElementType, unknown[], Iterable<unknown>])[] = [
      ['float64', 'int64', [Number.MAX_SAFE_INTEGER, -1], Float64Array.of(Number.MAX_SAFE_INTEGER, -1)],
      ['int64', 'int64', [Number.MAX_SAFE_INTEGER, -1], BigInt64Array.of(9_007_199_254_740_991n, -1n)],
      ['int64', 'bool', [true, false], BigInt64Array.of(1n, 0n)],
      ['int32', 'int32', [7, -7], Int32Array.of(7, -7)],
      ['int32', 'bool', [true, false], Int32Array.of(1, 0)],
      ['bool', 'bool', [true, false], Uint8Array.of(1, 0)],
      ['string', 'string', ['a', 'отпуск'], ['a', 'отпуск']],
    ];
    for (const [tensor, type, row, expected] of cases) {
      it(`packs ${type} into ${tensor}`, () => {
        const features = ['a', 'b'].map((name): Feature => ({ name, type, nullable: false }));
        const encoder = new RowEncoder(manifestWith(features, { layout: 'tensor', name: 'x', type: tensor }));
        expect(encoder.encode([row]).inputs).to.deep.equal([expected]);
      });
    }
  });

  describe('with columns', () => {
    const encoder = new RowEncoder(
      manifestWith([
        { name: 'purpose', type: 'string', nullable: false },
        { name: 'amount', type: 'float64', nullable: true },
        { name: 'id', type: 'int64', nullable: false },
        { name: 'months', type: 'int32', nullable: false },
        { name: 'insured', type: 'bool', nullable: false },
        { name: 'rate', type: 'float32', nullable: false },
      ]),
    );

    it('fills one input a feature, each of its own type', () => {
      expect(encoder.inputs.map(({ name, type, width }) => `${name} ${type} ${width}`)).to.deep.equal([
        'purpose string 1',
        'amount float64 1',
        'id int64 1',
        'months int32 1',
        'insured bool 1',
        'rate float32 1',
      ]);
      const { rows, inputs } = encoder.encode([
        ['car', 1e300, 9_007_199_254_740_991, 12, true, 0.5],
        { rate: 1, insured: false, months: -1, id: 0, amount: null, purpose: '' },
      ]);
      expect(rows).to.equal(2);
      expect(inputs).to.deep.equal([
        ['car', ''],
        Float64Array.of(1e300, NaN),
        BigInt64Array.of(9_007_199_254_740_991n, 0n),
        Int32Array.of(12, -1),
        Uint8Array.of(1, 0),
        Float32Array.of(0.5, 1),
      ]);
    });
  });

  describe('refusing', () => {
    const encoder = new RowEncoder(manifestWith(FEATURES, TENSOR));

    const cases: Record<string, { row: unknown; path: string; expected: string; found: string }> = {
      'a feature that is missing': {
        row: { age: 40, owner: true },
        path: '/instances/0/income',
        expected: 'a number or null',
        found: 'nothing',
      },
      'null where it is not allowed': {
        row: { age: null, income: 1, owner: true },
        path: '/instances/0/age',
        expected: 'an integer from 18 to 120',
        found: 'null',
      },
      'a string for a number': {
        row: { age: '40', income: 1, owner: true },
        path: '/instances/0/age',
        expected: 'an integer from 18 to 120',
        found: 'a string',
      },
      'a fraction for an integer': {
        row: [40.5, 1, true],
        path: '/instances/0/0',
        expected: 'an integer from 18 to 120',
        found: 'a number',
      },
      'a number for a bool': {
        row: [40, 1, 1],
        path: '/instances/0/2',
        expected: 'a boolean',
        found: 'an integer',
      },
      'a value out of range': {
        row: [17, 1, true],
        path: '/instances/0/0',
        expected: 'an integer from 18 to 120',
        found: 'an integer',
      },
      'a number too large for the type': {
        row: parsed('[40, 1e39, true]'),
        path: '/instances/0/1',
        expected: 'a number from -3.4e38 to 3.4e38 or null',
        found: 'an integer',
      },
      'a number too large for JSON': {
        row: parsed('[40, 1e999, true]'),
        path: '/instances/0/1',
        expected: 'a number from -3.4e38 to 3.4e38 or null',
        found: 'a number',
      },
      'a list for a value': {
        row: { age: [40], income: 1, owner: true },
        path: '/instances/0/age',
        expected: 'an integer from 18 to 120',
        found: 'a list',
      },
      'an object for a value': {
        row: { age: 40, income: { amount: 1 }, owner: true },
        path: '/instances/0/income',
        expected: 'a number or null',
        found: 'an object',
      },
      'a feature that it does not know': {
        row: { age: 40, income: 1, owner: true, salary: 'x' },
        path: '/instances/0/salary',
        expected: 'no such feature',
        found: 'a string',
      },
      'a row with a value too few': {
        row: [40, 1],
        path: '/instances/0',
        expected: '3 values, one a feature in the order of the signature',
        found: '2 values',
      },
      'a row with a value too many': {
        row: [40, 1, true, 1],
        path: '/instances/0',
        expected: '3 values, one a feature in the order of the signature',
        found: '4 values',
      },
      'an empty list': {
        row: [],
        path: '/instances/0',
        expected: '3 values, one a feature in the order of the signature',
        found: '0 values',
      },
      'a row that is a number': {
        row: 7,
        path: '/instances/0',
        expected: 'an object of features or a list of 3 values',
        found: 'an integer',
      },
      'a row that is null': {
        row: null,
        path: '/instances/0',
        expected: 'an object of features or a list of 3 values',
        found: 'null',
      },
      'a row that is a string': {
        row: '[40, 1, true]',
        path: '/instances/0',
        expected: 'an object of features or a list of 3 values',
        found: 'a string',
      },
    };
    for (const [what, { row, ...error }] of Object.entries(cases)) {
      it(`names ${what}, where it is, and what was expected`, () => {
        const { errors, message } = refusal(encoder, [row]);
        expect(errors).to.deep.equal([error]);
        expect(message).to.equal(`${error.path}: expected ${error.expected}, found ${error.found}`);
      });
    }

    it('names every wrong field of every row', () => {
      const { errors, message } = refusal(encoder, [
        [40, 1, true],
        { age: 17, income: 'x', owner: true, extra: 1 },
        [40, 1],
      ]);
      expect(errors.map(({ path }) => path)).to.deep.equal([
        '/instances/1/age',
        '/instances/1/income',
        '/instances/1/extra',
        '/instances/2',
      ]);
      expect(message).to.include('/instances/1/age').and.include('(and 3 more)');
    });

    it('stops at twenty fields, however many rows are wrong', () => {
      expect(refusal(encoder, Array<unknown>(1_000).fill([1, 'x', 'x'])).errors).to.have.length(20);
      expect(refusal(encoder, Array<unknown>(1_000).fill(7)).errors).to.have.length(20);
      const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x${i}`, i]));
      expect(refusal(encoder, [{ age: 40, income: 1, owner: true, ...many }]).errors).to.have.length(20);
    });

    it('never repeats a value', () => {
      const { message, errors } = refusal(encoder, [['4111-1111-1111-1111', 1, true]]);
      expect(message + JSON.stringify(errors)).not.to.include('4111');
    });

    it('escapes names in paths as JSON pointers do', () => {
      const { errors } = refusal(encoder, [{ age: 40, income: 1, owner: true, 'a/b~c': 1, '': 2 }]);
      expect(errors.map(({ path }) => path)).to.deep.equal(['/instances/0/a~1b~0c', '/instances/0/']);
      const odd = new RowEncoder(manifestWith([{ name: 'm/~n', type: 'bool', nullable: false }]));
      expect(refusal(odd, [{}]).errors[0]?.path).to.equal('/instances/0/m~1~0n');
    });
  });

  describe('told to ignore unknown features', () => {
    const encoder = new RowEncoder(manifestWith(FEATURES, TENSOR), 'ignore');

    it('takes a row with more than it needs', () => {
      const { inputs } = encoder.encode([{ age: 40, income: 1.5, owner: true, salary: 'x' }]);
      expect(inputs).to.deep.equal([Float32Array.of(40, 1.5, 1)]);
    });

    it('still refuses one with less, or a list of another length', () => {
      expect(refusal(encoder, [{ age: 40, income: 1.5, salary: 'x' }]).errors[0]?.path).to.equal(
        '/instances/0/owner',
      );
      refusal(encoder, [[40, 1.5, true, 'x']]);
    });
  });

  describe('names that every object inherits', () => {
    const inherited = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf'];

    for (const name of inherited) {
      const encoder = new RowEncoder(manifestWith([{ name, type: 'float32', nullable: true }]));

      it(`finds ${name} missing when the client did not send it`, () => {
        const { errors } = refusal(encoder, [parsed('{}')]);
        expect(errors.map(({ path }) => path)).to.deep.equal([`/instances/0/${name}`]);
        if (name !== '__proto__') expect(errors[0]?.found).to.equal('nothing');
      });

      it(`takes ${name} when the client did`, () => {
        expect(encoder.encode([parsed(`{"${name}": 2.5}`)]).inputs).to.deep.equal([Float32Array.of(2.5)]);
      });

      it(`finds ${name} unknown where there is no such feature`, () => {
        const other = new RowEncoder(manifestWith([{ name: 'age', type: 'int32', nullable: false }]));
        expect(refusal(other, [parsed(`{"age": 1, "${name}": 2}`)]).errors).to.deep.equal([
          { path: `/instances/0/${name}`, expected: 'no such feature', found: 'an integer' },
        ]);
      });
    }
  });

  describe('with tensors that a client addressed to the graph', () => {
    const columns = new RowEncoder(
      manifestWith([
        { name: 'purpose', type: 'string', nullable: false, categories: ['car', 'home'] },
        { name: 'amount', type: 'float64', nullable: true },
        { name: 'id', type: 'int64', nullable: false },
        { name: 'insured', type: 'bool', nullable: false },
      ]),
    );
    const raw = (name: string, type: ElementType, data: ArrayLike<unknown>): RawTensor => ({
      name,
      type,
      shape: [data.length, 1],
      data,
      path: `/inputs/${name}`,
    });
    const good: readonly RawTensor[] = [
      raw('insured', 'bool', Uint8Array.of(1, 0)),
      raw('id', 'int64', BigInt64Array.of(7n, -7n)),
      raw('amount', 'float64', Float64Array.of(1.5, NaN)),
      raw('purpose', 'string', ['car', 'home']),
    ];

    function tensorRefusal(tensors: readonly RawTensor[], of = columns): RequestError {
      const error = thrown(() => of.encodeTensors(tensors), RequestError);
      expect(error.code).to.equal('SIGNATURE_MISMATCH');
      return error;
    }

    function change(name: string, changed: Partial<RawTensor>): RawTensor[] {
      return good.map((tensor) => (tensor.name === name ? { ...tensor, ...changed } : tensor));
    }

    const encoded = [
      ['car', 'home'],
      Float64Array.of(1.5, NaN),
      BigInt64Array.of(7n, -7n),
      Uint8Array.of(1, 0),
    ];

    it('takes typed arrays, in any order', () => {
      expect(columns.encodeTensors(good)).to.deep.equal({ rows: 2, inputs: encoded });
    });

    it('takes JSON values, of one dimension or two', () => {
      const json: [string, unknown[]][] = [
        ['insured', [true, false]],
        ['id', [7, -7]],
        ['amount', [1.5, null]],
      ];
      let tensors = [...good];
      for (const [name, data] of json) {
        tensors = tensors.map((tensor) => (tensor.name === name ? { ...tensor, data, shape: [2] } : tensor));
      }
      expect(columns.encodeTensors(tensors)).to.deep.equal({ rows: 2, inputs: encoded });
    });

    it('takes one tensor of all features, row by row', () => {
      const encoder = new RowEncoder(manifestWith(FEATURES, TENSOR));
      const data = Float32Array.of(40, 1.5, 1, 18, NaN, 0);
      const tensor: RawTensor = { name: 'features', type: 'float32', shape: [2, 3], data, path: '/inputs/0' };
      expect(encoder.encodeTensors([tensor])).to.deep.equal({ rows: 2, inputs: [data] });
      const { errors } = tensorRefusal(
        [{ ...tensor, data: data.map((x, i) => (i === 3 ? 17 : x)) }],
        encoder,
      );
      expect(errors).to.deep.equal([
        { path: '/inputs/0/data/3', expected: 'an integer from 18 to 120', found: 'an integer' },
      ]);
    });

    const refused: Record<string, { tensors: () => RawTensor[]; path: string }> = {
      'an input that is missing': { tensors: () => good.slice(1), path: '/inputs' },
      'an input that it does not know': {
        tensors: () => [...good, raw('salary', 'float64', [1, 2])],
        path: '/inputs/salary',
      },
      'another type': { tensors: () => change('amount', { type: 'float32' }), path: '/inputs/amount' },
      'a row too few': {
        tensors: () => change('amount', { shape: [1, 1], data: [1] }),
        path: '/inputs/amount',
      },
      'a shape that is not its data': {
        tensors: () => change('amount', { data: [1, 2, 3] }),
        path: '/inputs/amount',
      },
      'a shape of another width': {
        tensors: () => change('amount', { shape: [1, 2] }),
        path: '/inputs/amount',
      },
      'a value that is no category': {
        tensors: () => change('purpose', { data: ['car', 'boat'] }),
        path: '/inputs/purpose/data/1',
      },
      'an integer that lost digits': {
        tensors: () => change('id', { data: BigInt64Array.of(1n, 9_007_199_254_740_993n) }),
        path: '/inputs/id/data/1',
      },
      infinity: { tensors: () => change('amount', { data: [1, Infinity] }), path: '/inputs/amount/data/1' },
      'NaN where null is not allowed': {
        tensors: () => change('id', { data: [1, NaN] }),
        path: '/inputs/id/data/1',
      },
      'a byte that is no bool': {
        tensors: () => change('insured', { data: Uint8Array.of(1, 2) }),
        path: '/inputs/insured/data/1',
      },
    };
    for (const [what, { tensors, path }] of Object.entries(refused)) {
      it(`refuses ${what}`, () => {
        expect(tensorRefusal(tensors()).errors.map((error) => error.path)).to.deep.equal([path]);
      });
    }

    it('refuses an input that is there twice, whichever of the two is good', () => {
      const again = raw('amount', 'float64', Float64Array.of(3, 4));
      for (const tensors of [
        [...good, again],
        [again, ...good],
      ]) {
        expect(tensorRefusal(tensors).errors).to.deep.equal([
          { path: '/inputs/amount', expected: 'each input once', found: 'another amount' },
        ]);
      }
    });

    it('says what a float can hold to a number that none can', () => {
      const encoder = new RowEncoder(manifestWith(FEATURES, TENSOR));
      const data = [40, 1e39, true];
      const tensor: RawTensor = { name: 'features', type: 'float32', shape: [1, 3], data, path: '/inputs/0' };
      expect(tensorRefusal([tensor], encoder).errors).to.deep.equal([
        {
          path: '/inputs/0/data/1',
          expected: 'a number from -3.4e38 to 3.4e38 or null',
          found: 'an integer',
        },
      ]);
    });

    it('says what is wrong with a limited number of them, and repeats no name that it does not know', () => {
      const unknown = Array.from({ length: 1_000 }, (_, i) => raw(`made-up-${i}`, 'float64', [1, 2]));
      const { errors } = tensorRefusal([...good, ...unknown]);
      expect(errors).to.have.length(20);
      expect(new Set(errors.map(({ found }) => found))).to.deep.equal(new Set(['another name']));
    });

    it('refuses no rows at all', () => {
      tensorRefusal(good.map((tensor) => ({ ...tensor, shape: [0, 1], data: [] })));
    });
  });

  describe('behind the rows of a batch', () => {
    const encoder = new RowEncoder(
      manifestWith([
        { name: 'purpose', type: 'string', nullable: false },
        { name: 'amount', type: 'float64', nullable: true },
      ]),
    );
    const tensors = (purposes: string[], amounts: unknown[]): RawTensor[] => [
      { name: 'purpose', type: 'string', shape: [purposes.length], data: purposes, path: '/inputs/0' },
      { name: 'amount', type: 'float64', shape: [amounts.length], data: amounts, path: '/inputs/1' },
    ];
    let batch: RowBatch;

    beforeEach(() => {
      batch = new RowBatch(encoder.inputs, 6);
      encoder.encodeInto(batch, [['first', 1]]);
    });

    it('lays instances and tensors side by side', () => {
      encoder.encodeInto(batch, [{ amount: null, purpose: 'second' }]);
      encoder.encodeTensorsInto(batch, tensors(['third', 'fourth'], [3, 4]));
      encoder.encodeInto(batch, [['fifth', 5]]);
      expect(batch.view()).to.deep.equal({
        rows: 5,
        inputs: [['first', 'second', 'third', 'fourth', 'fifth'], Float64Array.of(1, NaN, 3, 4, 5)],
      });
    });

    it('leaves the batch as it was when one of the rows is wrong', () => {
      thrown(() => {
        encoder.encodeInto(batch, [['second', 2], ['third']]);
      }, RequestError);
      thrown(() => {
        encoder.encodeTensorsInto(batch, tensors(['second', 'third'], [2, 'x']));
      }, RequestError);
      expect(batch.view()).to.deep.equal({ rows: 1, inputs: [['first'], Float64Array.of(1)] });
      encoder.encodeInto(batch, [['good', 7]]);
      expect(batch.view()).to.deep.equal({ rows: 2, inputs: [['first', 'good'], Float64Array.of(1, 7)] });
    });

    it('names the rows as the client counts them, whatever stands before them', () => {
      const error = thrown(() => {
        encoder.encodeInto(batch, [
          ['second', 2],
          ['third', 'x'],
        ]);
      }, RequestError);
      expect(error.errors.map(({ path }) => path)).to.deep.equal(['/instances/1/1']);
    });
  });

  describe('with records of text', () => {
    const encoder = new RowEncoder(
      manifestWith([
        { name: 'purpose', type: 'string', nullable: false },
        { name: 'amount', type: 'float64', nullable: true },
        { name: 'months', type: 'int32', nullable: false },
        { name: 'insured', type: 'bool', nullable: false },
      ]),
    );

    it('reads each cell as its feature wants it', () => {
      const record = { purpose: '12', amount: ' 1.5 ', months: '12', insured: 'True' };
      expect(encoder.parseText(record)).to.deep.equal({
        purpose: '12',
        amount: 1.5,
        months: 12,
        insured: true,
      });
    });

    it('takes an empty cell and NaN for null, but not in text', () => {
      expect(encoder.parseText({ purpose: '', amount: '', months: 'NaN', insured: '' })).to.deep.equal({
        purpose: '',
        amount: null,
        months: null,
        insured: null,
      });
    });

    it('leaves what is no value as it is, for the refusal to name', () => {
      const record = encoder.parseText({
        purpose: 'car',
        amount: 'much',
        months: '1.5',
        insured: 'yes',
        x: '1',
      });
      expect(record).to.deep.equal({ purpose: 'car', amount: 'much', months: 1.5, insured: 'yes', x: '1' });
      expect(refusal(encoder, [record]).errors.map(({ path }) => path)).to.deep.equal([
        '/instances/0/amount',
        '/instances/0/months',
        '/instances/0/insured',
        '/instances/0/x',
      ]);
    });
  });

  it('judges values as the feature domain does', () => {
    const features: Feature[] = [
      { name: 'a', type: 'float32', nullable: true, range: { min: -1 } },
      { name: 'b', type: 'float64', nullable: false },
      { name: 'c', type: 'int32', nullable: false, categories: [1, 2] },
      { name: 'd', type: 'int64', nullable: false, range: { max: 10 } },
      { name: 'e', type: 'bool', nullable: false, categories: [true] },
      { name: 'f', type: 'string', nullable: false, categories: ['x'] },
      { name: 'g', type: 'string', nullable: false },
    ];
    const values = [
      null,
      0,
      -0,
      1,
      2,
      1.5,
      -2,
      11,
      1e39,
      2 ** 31,
      2 ** 53,
      Infinity,
      NaN,
      true,
      false,
      '',
      'x',
      '1',
      [],
      {},
    ];
    for (const feature of features) {
      const encoder = new RowEncoder(manifestWith([feature]));
      for (const value of values) {
        let taken = true;
        try {
          encoder.encode([[value]]);
        } catch {
          taken = false;
        }
        expect(taken, `${feature.name} ${inspect(value)}`).to.equal(accepts(featureDomain(feature), value));
      }
    }
  });
});
