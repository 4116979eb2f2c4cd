import { expect } from 'chai';
import fc from 'fast-check';
import { decodeElements, encodeElements } from '../../../../src/api/protocols/open-inference-binary.js';
import { RequestError } from '../../../../src/errors.js';
import type { ElementType } from '../../../../src/model-package/manifest.js';
import type { TensorData } from '../../../../src/servables/tensors.js';

/** Every code point but halves of surrogate pairs, which UTF-8 does not have. */
const texts = fc.array(fc.string({ unit: 'binary' }));

const tensors: Readonly<Record<ElementType, fc.Arbitrary<TensorData>>> = {
  float32: fc.float32Array(),
  float64: fc.float64Array(),
  int32: fc.int32Array(),
  int64: fc.bigInt64Array(),
  bool: fc.uint8Array({ max: 1 }),
  string: texts,
};
const types = Object.keys(tensors) as ElementType[];

describe('binary tensors of the Open Inference Protocol', () => {
  for (const type of types) {
    it(`come back as they were sent: ${type}`, () => {
      fc.assert(
        fc.property(tensors[type], (data) => {
          expect(decodeElements(type, encodeElements(data), '/inputs/0')).to.deep.equal(data);
        }),
      );
    });

    it(`of ${type} do not care where in the body they lie`, () => {
      fc.assert(
        fc.property(tensors[type], fc.integer({ min: 0, max: 9 }), (data, offset) => {
          const body = Buffer.concat([
            Buffer.alloc(offset, 0xff),
            encodeElements(data),
            Buffer.alloc(3, 0xff),
          ]);
          const bytes = body.subarray(offset, body.length - 3);
          expect(decodeElements(type, bytes, '/inputs/0')).to.deep.equal(data);
        }),
      );
    });

    it(`of ${type} are read or refused, whatever their bytes`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 64, size: 'max' }), (bytes) => {
          try {
            decodeElements(type, Buffer.from(bytes), '/inputs/0');
          } catch (error) {
            expect(error).to.be.instanceOf(RequestError).and.include({ code: 'INVALID_REQUEST' });
          }
        }),
      );
    });
  }
});
