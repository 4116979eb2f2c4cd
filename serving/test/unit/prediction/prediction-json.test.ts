import { expect } from 'chai';
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
      const text = predictionsJson([column], expected.length);
      expect(JSON.parse(text)).to.deep.equal(expected.map((y) => ({ y })));
    });
  }

  it('writes integers beyond what a double can hold with all their digits', () => {
    const text = predictionsJson([scalar('id', 'int64', BigInt64Array.of(9_223_372_036_854_775_807n))], 1);
    expect(text).to.equal('[{"id":9223372036854775807}]');
  });

  it('writes one object a row, with the outputs in their order', () => {
    const text = predictionsJson(
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
    const text = predictionsJson([scalar('a"b\\', 'bool', Uint8Array.of(1))], 1);
    expect(JSON.parse(text)).to.deep.equal([{ 'a"b\\': true }]);
  });

  it('reads its own rows of a slice that is a view into a larger batch', () => {
    const batch = Float64Array.of(9, 9, 1, 2, 9);
    expect(predictionsJson([scalar('y', 'float64', batch.subarray(2, 4))], 2)).to.equal('[{"y":1},{"y":2}]');
  });
});
