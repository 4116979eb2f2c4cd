import { expect } from 'chai';
import type { ElementType } from '../../../src/model-package/manifest.js';
import {
  allocate,
  concatenate,
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

describe('tensors', () => {
  for (const type of TYPES) {
    const sample = SAMPLES[type];

    it(`allocates ${type} of the kind that the runtime wants`, () => {
      const data = allocate(type, 3);
      expect(data).to.have.length(3);
      expect(data.constructor).to.equal(sample.constructor);
    });

    it(`joins parts of ${type} in order`, () => {
      const joined = concatenate(type, [sample, allocate(type, 0), sample]);
      expect([...joined]).to.deep.equal([...sample, ...sample]);
      expect(joined.constructor).to.equal(sample.constructor);
    });

    it(`takes rows out of ${type}`, () => {
      const rows = concatenate(type, [sample, sample]);
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

  it('does not copy a part that is alone', () => {
    expect(concatenate('float32', [SAMPLES.float32])).to.equal(SAMPLES.float32);
  });
});
