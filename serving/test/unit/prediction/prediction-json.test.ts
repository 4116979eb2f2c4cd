import { expect } from 'chai';
import fc from 'fast-check';
import { predictionsJson } from '../../../src/prediction/prediction-json.js';
import type { OutputColumn } from '../../../src/servables/onnx-session.js';

function scalar(name: string, type: OutputColumn['type'], data: OutputColumn['data']): OutputColumn {
  return { name, type, width: 1, isScalar: true, data };
}

function list(
  name: string,
  type: OutputColumn['type'],
  width: number,
  data: OutputColumn['data'],
): OutputColumn {
  return { name, type, width, isScalar: false, data };
}

/** All rows of some columns. */
function textOf(columns: readonly OutputColumn[], rows: number): string {
  return predictionsJson({ columns, from: 0, to: rows });
}

describe('predictionsJson', () => {
  const cases: Record<string, { column: OutputColumn; expected: unknown[] }> = {
    float64: {
      column: scalar('y', 'float64', Float64Array.of(0.1, -1e-300, 1e300)),
      expected: [0.1, -1e-300, 1e300],
    },
    float32: {
      column: scalar('y', 'float32', Float32Array.of(0.5, 0.1)),
      expected: [0.5, Math.fround(0.1)],
    },
    'NaN and infinities, as null': {
      column: scalar('y', 'float32', Float32Array.of(NaN, Infinity, -Infinity)),
      expected: [null, null, null],
    },
    'minus zero': { column: scalar('y', 'float64', Float64Array.of(-0)), expected: [0] },
    int32: { column: scalar('y', 'int32', Int32Array.of(-1, 7)), expected: [-1, 7] },
    int64: { column: scalar('y', 'int64', BigInt64Array.of(-1n, 7n)), expected: [-1, 7] },
    bool: { column: scalar('y', 'bool', Uint8Array.of(1, 0)), expected: [true, false] },
    strings: {
      column: scalar('y', 'string', ['plain', 'a "quote" \\ \n \u2028 отпуск \ud800', '</script>']),
      expected: ['plain', 'a "quote" \\ \n \u2028 отпуск \ud800', '</script>'],
    },
    lists: {
      column: list('y', 'float64', 2, Float64Array.of(1, 2, NaN, 4)),
      expected: [
        [1, 2],
        [null, 4],
      ],
    },
    'lists of one': { column: list('y', 'int64', 1, BigInt64Array.of(1n, 2n)), expected: [[1], [2]] },
    'lists of strings': {
      column: list('y', 'string', 2, ['a', '"', ',', ']']),
      expected: [
        ['a', '"'],
        [',', ']'],
      ],
    },
  };
  for (const [what, { column, expected }] of Object.entries(cases)) {
    it(`writes ${what}`, () => {
      const text = textOf([column], expected.length);
      expect(JSON.parse(text)).to.deep.equal(expected.map((y) => ({ y })));
    });
  }

  it('writes integers beyond what a double can hold with all their digits', () => {
    const text = textOf([scalar('id', 'int64', BigInt64Array.of(9_223_372_036_854_775_807n))], 1);
    expect(text).to.equal('[{"id":9223372036854775807}]');
  });

  it('writes one object a row, with the outputs in their order', () => {
    const text = textOf(
      [
        scalar('score', 'float64', Float64Array.of(0.25, 0.75)),
        scalar('label', 'int64', BigInt64Array.of(0n, 1n)),
        list('probabilities', 'float64', 2, Float64Array.of(0.75, 0.25, 0.25, 0.75)),
      ],
      2,
    );
    expect(text).to.equal(
      '[{"score":0.25,"label":0,"probabilities":[0.75,0.25]},{"score":0.75,"label":1,"probabilities":[0.25,0.75]}]',
    );
  });

  it('escapes the names of outputs', () => {
    const text = textOf([scalar('a"b\\', 'bool', Uint8Array.of(1))], 1);
    expect(JSON.parse(text)).to.deep.equal([{ 'a"b\\': true }]);
  });

  it('writes 64-bit integers of every size and sign as they are', () => {
    const edges = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 33n, 2n ** 53n, 2n ** 63n].flatMap((edge) =>
      [-2n, -1n, 0n, 1n, 2n].flatMap((step) => [edge + step, -edge + step]),
    );
    const values = edges.filter((value) => value >= -(2n ** 63n) && value < 2n ** 63n);
    const text = textOf([scalar('y', 'int64', BigInt64Array.from(values))], values.length);
    expect(text).to.equal(`[${values.map((value) => `{"y":${value}}`).join()}]`);
  });

  it('writes any 64-bit integer as it is, in a list and in a view into a larger batch too', () => {
    const values = fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 2 });
    fc.assert(
      fc.property(values, (all) => {
        const data = BigInt64Array.from([7n, ...all, 7n]).subarray(1, all.length + 1);
        expect(textOf([list('y', 'int64', all.length, data)], 1)).to.equal(`[{"y":[${all.join()}]}]`);
      }),
    );
  });

  it('writes what JSON.stringify would, of any numbers and strings', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.string({ unit: 'binary' }))), (rows) => {
        const columns = [
          scalar(
            'number',
            'float64',
            Float64Array.from(rows, ([number]) => number),
          ),
          scalar(
            'text',
            'string',
            rows.map(([, text]) => text),
          ),
        ];
        const objects = rows.map(([number, text]) => ({ number, text }));
        expect(textOf(columns, rows.length)).to.equal(JSON.stringify(objects));
      }),
    );
  });

  describe('of some rows of a batch', () => {
    const batch = [
      scalar('y', 'float64', Float64Array.of(9, 1, 2, 9)),
      list('z', 'int64', 2, BigInt64Array.of(9n, 9n, 1n, -1n, 2n, -2n, 9n, 9n)),
    ];

    it('writes those and no others', () => {
      expect(predictionsJson({ columns: batch, from: 1, to: 3 })).to.equal(
        '[{"y":1,"z":[1,-1]},{"y":2,"z":[2,-2]}]',
      );
    });

    it('writes the same for each of those who share the batch, in whatever order they come', () => {
      const of = (from: number, to: number): string => predictionsJson({ columns: batch, from, to });
      expect([of(2, 3), of(0, 1), of(1, 2), of(2, 3)]).to.deep.equal([
        '[{"y":2,"z":[2,-2]}]',
        '[{"y":9,"z":[9,9]}]',
        '[{"y":1,"z":[1,-1]}]',
        '[{"y":2,"z":[2,-2]}]',
      ]);
    });

    it('does not take one batch for another with outputs of the same names', () => {
      const other = [scalar('y', 'string', ['a', 'b'])];
      expect([predictionsJson({ columns: batch, from: 0, to: 1 }), textOf(other, 2)]).to.deep.equal([
        '[{"y":9,"z":[9,9]}]',
        '[{"y":"a"},{"y":"b"}]',
      ]);
    });

    it('writes an empty list for no rows', () => {
      expect(predictionsJson({ columns: batch, from: 2, to: 2 })).to.equal('[]');
    });
  });
});
