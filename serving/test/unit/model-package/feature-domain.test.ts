import { expect } from 'chai';
import { accepts, expectedOf, featureDomain } from '../../../src/model-package/feature-domain.js';
import type { ElementType, Feature } from '../../../src/model-package/manifest.js';

function feature(type: ElementType, rest: Partial<Feature> = {}): Feature {
  return { name: 'x', type, nullable: false, ...rest };
}

const JSON_INFINITY: unknown = JSON.parse('1e999');
const FLOAT32_MAX = 3.4028234663852886e38;

describe('featureDomain', () => {
  interface Case {
    readonly of: Feature;
    readonly takes: readonly unknown[];
    readonly refuses: readonly unknown[];
  }
  const cases: Record<string, Case> = {
    'a float32': {
      of: feature('float32'),
      takes: [0, -0, 1.5, -1e30, FLOAT32_MAX, -FLOAT32_MAX, 1e-50],
      refuses: [3.41e38, -3.41e38, '1', true, null, undefined, [], {}, [1]],
    },
    'a float64': {
      of: feature('float64'),
      takes: [1e300, Number.MAX_VALUE, -Number.MAX_VALUE, 0.1],
      refuses: ['', '0', false, null, undefined],
    },
    'an int32': {
      of: feature('int32'),
      takes: [0, -0, 2_147_483_647, -2_147_483_648, 1.0, 1e3],
      refuses: [2_147_483_648, -2_147_483_649, 0.5, 1e-7, '1', true, null, undefined],
    },
    'an int64': {
      of: feature('int64'),
      takes: [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0],
      refuses: [Number.MAX_SAFE_INTEGER + 1, Number.MIN_SAFE_INTEGER - 1, 1e300, 1.5, '9', 9n, null],
    },
    'a bool': {
      of: feature('bool'),
      takes: [true, false],
      refuses: [0, 1, 'true', '', null, undefined],
    },
    'a string': {
      of: feature('string'),
      takes: ['', 'отпуск', '\0', 'null'],
      refuses: [0, true, null, undefined, ['a']],
    },
    'a nullable float': {
      of: feature('float64', { nullable: true, range: { min: 0 } }),
      takes: [null, 0],
      refuses: [undefined, -1, 'null'],
    },
    'a float between bounds': {
      of: feature('float32', { range: { min: -1.5, max: 2 } }),
      takes: [-1.5, 2, 0],
      refuses: [-1.500001, 2.000001],
    },
    'an integer with a lower bound': {
      of: feature('int32', { range: { min: 18 } }),
      takes: [18, 2_147_483_647],
      refuses: [17, 2_147_483_648],
    },
    'an integer with an upper bound': {
      of: feature('int32', { range: { max: 5 } }),
      takes: [5, -2_147_483_648],
      refuses: [6, 4.5],
    },
    'an integer out of categories': {
      of: feature('int64', { categories: [1, 2, 4] }),
      takes: [1, 2, 4],
      refuses: [0, 3, 1.5, '1', true],
    },
    'a float out of categories': {
      of: feature('float32', { categories: [0.5, 1] }),
      takes: [0.5, 1],
      refuses: [0.25, '0.5'],
    },
    'a string out of categories': {
      of: feature('string', { categories: ['car', 'отпуск'] }),
      takes: ['car', 'отпуск'],
      refuses: ['Car', 'car ', '', 'constructor', '__proto__'],
    },
    'a bool out of categories': {
      of: feature('bool', { categories: [true] }),
      takes: [true],
      refuses: [false, 1],
    },
    'a nullable float out of categories': {
      of: feature('float32', { categories: [1], nullable: true }),
      takes: [null, 1],
      refuses: [2],
    },
  };
  for (const [what, { of, takes, refuses }] of Object.entries(cases)) {
    for (const value of takes) {
      it(`takes ${show(value)} for ${what}`, () => {
        expect(accepts(featureDomain(of), value)).to.equal(true);
      });
    }
    for (const value of refuses) {
      it(`refuses ${show(value)} for ${what}`, () => {
        expect(accepts(featureDomain(of), value)).to.equal(false);
      });
    }
  }

  for (const type of ['float32', 'float64', 'int32', 'int64'] as const) {
    it(`refuses what is not finite for ${type}, however it is written`, () => {
      const domain = featureDomain(feature(type, { nullable: true }));
      for (const value of [NaN, Infinity, -Infinity, JSON_INFINITY]) {
        expect(accepts(domain, value), String(value)).to.equal(false);
      }
    });
  }

  it('takes a float32 bound and category in both of its forms, as JSON has it and as a tensor has it', () => {
    const bounded = featureDomain(feature('float32', { range: { min: 0.7, max: 0.8 } }));
    const listed = featureDomain(feature('float32', { categories: [0.1] }));
    for (const [domain, value] of [
      [bounded, 0.7],
      [bounded, 0.8],
      [listed, 0.1],
    ] as const) {
      expect(accepts(domain, value)).to.equal(true);
      expect(accepts(domain, Math.fround(value))).to.equal(true);
    }
    expect(accepts(bounded, 0.800_001)).to.equal(false);
    expect(accepts(listed, 0.100_001)).to.equal(false);
  });

  it('never widens a type by its range', () => {
    const domain = featureDomain(feature('int32', { range: { min: -1e12, max: 1e12 } }));
    expect([domain.min, domain.max]).to.deep.equal([-2_147_483_648, 2_147_483_647]);
  });
});

describe('what a domain says it expects', () => {
  const cases: readonly (readonly [Feature, string])[] = [
    [feature('float32'), 'a number'],
    [feature('int64'), 'an integer'],
    [feature('bool'), 'a boolean'],
    [feature('string'), 'a string'],
    [feature('int32', { range: { min: 18, max: 120 } }), 'an integer from 18 to 120'],
    [feature('float64', { range: { min: 0 } }), 'a number of at least 0'],
    [feature('float64', { range: { max: 1.5 } }), 'a number of at most 1.5'],
    [feature('float32', { nullable: true }), 'a number or null'],
    [feature('string', { categories: ['a"b', 'c'] }), 'a string out of "a\\"b", "c"'],
  ];
  for (const [of, expected] of cases) {
    it(`is "${expected}"`, () => {
      expect(featureDomain(of).expected).to.equal(expected);
    });
  }

  const beyond: readonly (readonly [Feature, number, string])[] = [
    [feature('float32'), 1e39, 'a number from -3.4e38 to 3.4e38'],
    [feature('float32', { nullable: true }), -1e39, 'a number from -3.4e38 to 3.4e38 or null'],
    [feature('float64'), Infinity, 'a number from -1.8e308 to 1.8e308'],
    [feature('int32'), 2 ** 31, 'an integer from -2147483648 to 2147483647'],
    [feature('int64'), 2 ** 53, 'an integer from -9007199254740991 to 9007199254740991'],
    [feature('float32', { range: { min: 0 } }), 1e39, 'a number from 0 to 3.4e38'],
    [feature('float32', { range: { max: 1.5 } }), -1e39, 'a number from -3.4e38 to 1.5'],
    [feature('int32', { range: { min: 18, max: 120 } }), 1e39, 'an integer from 18 to 120'],
  ];
  for (const [of, value, expected] of beyond) {
    it(`is "${expected}" for ${value}, which no ${of.type} can hold`, () => {
      const domain = featureDomain(of);
      expect(accepts(domain, value)).to.equal(false);
      expect(expectedOf(domain, value)).to.equal(expected);
    });
  }

  for (const value of [-1, null, '1', undefined, true]) {
    it(`does not speak of the type for ${show(value)}`, () => {
      expect(expectedOf(featureDomain(feature('float32', { range: { min: 0 } })), value)).to.equal(
        'a number of at least 0',
      );
    });
  }

  it('stays short when there are many categories', () => {
    const categories = Array.from({ length: 500 }, (_, i) => i);
    const { expected } = featureDomain(feature('int32', { categories }));
    expect(expected).to.match(/^an integer out of 0, 1, .* 19, \.\.\.$/);
  });
});

function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value === undefined) return 'undefined';
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}
