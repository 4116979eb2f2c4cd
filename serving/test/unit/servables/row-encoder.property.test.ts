import { expect } from 'chai';
import fc from 'fast-check';
import { RequestError } from '../../../src/errors.js';
import { accepts, featureDomain } from '../../../src/model-package/feature-domain.js';
import type { Feature, Manifest, Scalar } from '../../../src/model-package/manifest.js';
import { RowEncoder, type EncodedRows } from '../../../src/servables/row-encoder.js';
import { manifestWith } from '../../support/manifests.js';

type Row = readonly (Scalar | null)[];

const names = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }),
  // Names that every object seems to have.
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '0', 'a/b', 'a~b'),
);

/** Values that a feature takes, so far as type, range and categories are concerned. */
function valuesOf({ type, nullable, range, categories }: Feature): fc.Arbitrary<Scalar | null> {
  const { min, max } = range ?? {};
  const bounds = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
  const all = (): fc.Arbitrary<Scalar> => {
    if (categories !== undefined) return fc.constantFrom(...categories);
    switch (type) {
      case 'float32':
        return fc.float({ noNaN: true, noDefaultInfinity: true, ...bounds });
      case 'float64':
        return fc.double({ noNaN: true, noDefaultInfinity: true, ...bounds });
      case 'int32':
        return fc.integer(bounds);
      case 'int64':
        return fc
          .maxSafeInteger()
          .filter((value) => value >= (min ?? -Infinity) && value <= (max ?? Infinity));
      case 'bool':
        return fc.boolean();
      case 'string':
        return fc.string();
    }
  };
  return nullable ? fc.option(all(), { nil: null }) : all();
}

const features: fc.Arbitrary<Feature> = fc.oneof(
  fc.record({ name: names, type: fc.constantFrom('float32', 'float64'), nullable: fc.boolean() }),
  fc.record({
    name: names,
    type: fc.constantFrom('int32', 'int64', 'bool', 'string'),
    nullable: fc.constant(false),
  }),
  fc.record({
    name: names,
    type: fc.constantFrom('float32', 'float64', 'int32'),
    nullable: fc.constant(false),
    range: fc.constantFrom({ min: 0 }, { max: 100 }, { min: -5, max: 5 }),
  }),
  fc.record({
    name: names,
    type: fc.constant('string'),
    nullable: fc.constant(false),
    categories: fc.constantFrom(['car', 'home'], ['']),
  }),
  fc.record({
    name: names,
    type: fc.constantFrom('int32', 'int64'),
    nullable: fc.constant(false),
    categories: fc.constant([1, 2, 3]),
  }),
);

/** A model of any signature, in one tensor where its types allow that. */
const manifests: fc.Arbitrary<Manifest> = fc
  .tuple(fc.uniqueArray(features, { selector: ({ name }) => name, minLength: 1, maxLength: 6 }), fc.boolean())
  .map(([list, wantsTensor]) =>
    wantsTensor && list.every(({ type }) => type !== 'string')
      ? manifestWith(list, { layout: 'tensor', name: 'features', type: 'float64' })
      : manifestWith(list),
  );

const requests: fc.Arbitrary<{ manifest: Manifest; rows: Row[] }> = manifests.chain((manifest) =>
  fc.record({
    manifest: fc.constant(manifest),
    rows: fc.array(fc.tuple(...manifest.features.map(valuesOf)), { minLength: 1, maxLength: 5 }),
  }),
);

function byName({ features: list }: Manifest, row: Row): Record<string, unknown> {
  return Object.fromEntries(list.map(({ name }, i) => [name, row[i]]));
}

/** What the encoder says; refusals by their fields, without the name or position of each. */
function outcome(encode: () => EncodedRows): unknown {
  try {
    const { rows, inputs } = encode();
    return { rows, inputs: inputs.map((data) => [...data]) };
  } catch (error) {
    expect(error).to.be.instanceOf(RequestError);
    const { code, errors } = error as RequestError;
    return { code, errors: errors.map(({ expected, found }) => ({ expected, found })) };
  }
}

describe('RowEncoder, of any signature', () => {
  it('takes rows that keep it, by name as by position', () => {
    fc.assert(
      fc.property(requests, ({ manifest, rows }) => {
        const encoder = new RowEncoder(manifest);
        const byPosition = encoder.encode(rows);
        expect(byPosition.rows).to.equal(rows.length);
        expect(outcome(() => encoder.encode(rows.map((row) => byName(manifest, row))))).to.deep.equal(
          outcome(() => byPosition),
        );
        // As it comes off the wire.
        const parsed = JSON.parse(JSON.stringify(rows)) as unknown[];
        expect(outcome(() => encoder.encode(parsed))).to.deep.equal(
          outcome(() =>
            encoder.encode(rows.map((row) => row.map((value) => (Object.is(value, -0) ? 0 : value)))),
          ),
        );
      }),
    );
  });

  it('takes a value exactly when the contract does, by name as by position', () => {
    const anything = fc.oneof(
      fc.constantFrom(null, true, false, '', 'car', 0, -0, 1, 2.5, 1e39, -1e39, 2 ** 31, 2 ** 53, 1e308),
      fc.double(),
      fc.string(),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        requests.chain((request) =>
          fc.record({
            request: fc.constant(request),
            value: anything,
            column: fc.nat(request.manifest.features.length - 1),
          }),
        ),
        ({ request: { manifest, rows }, value, column }) => {
          const encoder = new RowEncoder(manifest);
          const row: unknown[] = [...rows[0]!];
          row[column] = value;
          const fits = accepts(featureDomain(manifest.features[column]!), value);
          const said = outcome(() => encoder.encode([row]));
          expect(said).to.have.property(fits ? 'rows' : 'code');
          expect(outcome(() => encoder.encode([byName(manifest, row as Row)]))).to.deep.equal(said);
        },
      ),
    );
  });

  it('answers or refuses any JSON, and throws nothing but refusals', () => {
    fc.assert(
      fc.property(
        manifests,
        fc.array(fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue()))),
        fc.constantFrom('refuse', 'ignore'),
        (manifest, instances, unknownFeatures) => {
          const encoder = new RowEncoder(manifest, unknownFeatures);
          const parsed = JSON.parse(JSON.stringify(instances)) as unknown[];
          outcome(() => encoder.encode(parsed));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves the same behind whatever was refused before', () => {
    fc.assert(
      fc.property(requests, fc.array(fc.jsonValue()), ({ manifest, rows }, garbage) => {
        const encoder = new RowEncoder(manifest);
        const before = outcome(() => encoder.encode(rows));
        outcome(() => encoder.encode(garbage));
        expect(outcome(() => encoder.encode(rows))).to.deep.equal(before);
      }),
    );
  });
});
