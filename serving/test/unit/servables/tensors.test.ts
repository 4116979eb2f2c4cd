import { expect } from 'chai';
import type { ElementType } from '../../../src/model-package/manifest.js';
import {
  allocate,
  copyRows,
  sliceRows,
  toOrtTensor,
  type TensorData,
} from '../../../src/servables/tensors.js';

const SAMPLES: Record<ElementType, TensorData> = {
  float32: Float32Array.of(1.5, NaN, -0),
  float64: Float64Array.of(1e300, 0.1, -1),
  int32: Int32Array.of(-1, 2, 2_147_483_647),
  int64: BigInt64Array.of(-1n, 9_007_199_254_740_993n, 0n),
  bool: Uint8Array.of(1, 0, 1),
  string: ['a', 'отпуск', ''],
};
const TYPES = Object.keys(SAMPLES) as ElementType[];

function twice(type: ElementType, sample: TensorData): TensorData {
  const joined = allocate(type, 2 * sample.length);
  copyRows(sample, joined, 0);
  copyRows(sample, joined, sample.length);
  return joined;
}

describe('tensors', () => {
  for (const type of TYPES) {
    const sample = SAMPLES[type];

    it(`allocates ${type} of the kind that the runtime wants`, () => {
      const data = allocate(type, 3);
      expect(data).to.have.length(3);
      expect(data.constructor).to.equal(sample.constructor);
    });

    it(`joins parts of ${type} in order`, () => {
      const joined = twice(type, sample);
      expect([...joined]).to.deep.equal([...sample, ...sample]);
      expect(joined.constructor).to.equal(sample.constructor);
    });

    it(`copies ${type} to where it is told to, and nowhere else`, () => {
      const target = allocate(type, 5);
      const untouched = [...target][0];
      copyRows(sample, target, 1);
      expect([...target]).to.deep.equal([untouched, ...sample, untouched]);
      copyRows(allocate(type, 0), target, 5);
      expect([...target]).to.deep.equal([untouched, ...sample, untouched]);
    });

    it(`takes rows out of ${type}`, () => {
      const rows = twice(type, sample);
      expect([...sliceRows(rows, 3, 1, 2)]).to.deep.equal([...sample]);
      expect([...sliceRows(rows, 1, 1, 3)]).to.deep.equal([...sample].slice(1));
      expect([...sliceRows(rows, 2, 3, 3)]).to.deep.equal([]);
    });

    it(`hands ${type} to the runtime as it is`, () => {
      const tensor = toOrtTensor(type, sample, [3, 1]);
      expect(tensor.type).to.equal(type);
      expect(tensor.dims).to.deep.equal([3, 1]);
      expect([...(tensor.data as Iterable<unknown>)]).to.deep.equal([...sample]);
    });
  }

  it('takes rows out of numbers without a copy', () => {
    const rows = SAMPLES.float32 as Float32Array;
    expect((sliceRows(rows, 1, 1, 2) as Float32Array).buffer).to.equal(rows.buffer);
  });
});
