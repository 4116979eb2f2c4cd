import { expect } from 'chai';
import type { ModelInferRequest, TensorContents } from '../../../../src/api/grpc/messages.js';
import { readTensors, writeTensors } from '../../../../src/api/grpc/tensors.js';
import { encodeElements } from '../../../../src/api/protocols/open-inference-binary.js';
import { RequestError } from '../../../../src/errors.js';
import { fakeOutputs } from '../../../fakes/fake-servable.js';
import { thrown } from '../../../support/rejection.js';

type Input = ModelInferRequest['inputs'][number];

const NO_CONTENTS: TensorContents = {
  bool_contents: [],
  int_contents: [],
  int64_contents: [],
  fp32_contents: [],
  fp64_contents: [],
  bytes_contents: [],
};

/** A message as the library hands it over: every field is there. */
function messageOf(inputs: readonly Partial<Input>[], raw: readonly Buffer[] = []): ModelInferRequest {
  return {
    model_name: '',
    model_version: '',
    id: '',
    inputs: inputs.map((input) => ({ name: 'x', datatype: 'FP32', shape: [1], contents: null, ...input })),
    outputs: [],
    raw_input_contents: raw,
  };
}

function typed(datatype: string, contents: Partial<TensorContents>): ModelInferRequest {
  return messageOf([{ datatype, contents: { ...NO_CONTENTS, ...contents } }]);
}

function refusalOf(message: ModelInferRequest): RequestError {
  const error = thrown(() => readTensors(message), RequestError);
  expect(error.code).to.equal('INVALID_REQUEST');
  return error;
}

describe('tensors of gRPC messages', () => {
  describe('read', () => {
    const contents: [datatype: string, type: string, given: Partial<TensorContents>, data: unknown[]][] = [
      ['BOOL', 'bool', { bool_contents: [true, false] }, [true, false]],
      ['INT32', 'int32', { int_contents: [-1, 2] }, [-1, 2]],
      ['INT64', 'int64', { int64_contents: [2 ** 40] }, [2 ** 40]],
      ['FP32', 'float32', { fp32_contents: [0.5] }, [0.5]],
      ['FP64', 'float64', { fp64_contents: [0.1] }, [0.1]],
      ['BYTES', 'string', { bytes_contents: [Buffer.from('отпуск'), Buffer.alloc(0)] }, ['отпуск', '']],
    ];
    for (const [datatype, type, given, data] of contents) {
      it(`${datatype} from its own kind of contents`, () => {
        const [tensor] = readTensors(typed(datatype, given));
        expect(tensor).to.deep.include({ name: 'x', type, shape: [1], path: '/inputs/0' });
        expect([...(tensor!.data as unknown[])]).to.deep.equal(data);
      });
    }

    const raw: [datatype: string, bytes: Buffer, data: unknown[]][] = [
      ['BOOL', Buffer.of(1, 0), [1, 0]],
      ['INT32', encodeElements(Int32Array.of(-1, 2)), [-1, 2]],
      ['INT64', encodeElements(BigInt64Array.of(-(2n ** 40n))), [-(2n ** 40n)]],
      ['FP32', encodeElements(Float32Array.of(0.5, NaN)), [0.5, NaN]],
      ['FP64', encodeElements(Float64Array.of(0.1)), [0.1]],
      ['BYTES', encodeElements(['отпуск', '', 'car']), ['отпуск', '', 'car']],
    ];
    for (const [datatype, bytes, data] of raw) {
      it(`${datatype} from raw bytes, at whatever address they lie`, () => {
        const shifted = Buffer.concat([Buffer.of(0), bytes]).subarray(1);
        const [tensor] = readTensors(messageOf([{ datatype }], [shifted]));
        expect([...(tensor!.data as ArrayLike<unknown> & Iterable<unknown>)]).to.deep.equal(data);
      });
    }

    it('nothing from contents of another kind than the datatype says', () => {
      const [tensor] = readTensors(typed('FP32', { fp64_contents: [1] }));
      expect(tensor!.data).to.have.length(0);
    });

    it('every input in its order, each with its own bytes', () => {
      const tensors = readTensors(
        messageOf(
          [{ name: 'a' }, { name: 'b', datatype: 'INT32' }],
          [encodeElements(Float32Array.of(1)), encodeElements(Int32Array.of(2))],
        ),
      );
      expect(tensors.map(({ name, data, path }) => [name, data[0], path])).to.deep.equal([
        ['a', 1, '/inputs/0'],
        ['b', 2, '/inputs/1'],
      ]);
    });

    it('empty contents beside raw bytes, as some clients send them', () => {
      const bytes = encodeElements(Float32Array.of(1));
      expect(readTensors(messageOf([{ contents: NO_CONTENTS }], [bytes]))[0]!.data[0]).to.equal(1);
    });
  });

  describe('refused', () => {
    const four = Buffer.alloc(4);
    const cases: Record<string, [message: ModelInferRequest, path: string]> = {
      'no inputs': [messageOf([]), '/inputs'],
      'a datatype that no input here has, such as FP16': [
        messageOf([{ datatype: 'FP16' }], [four]),
        '/inputs/0/datatype',
      ],
      'fewer raw entries than inputs': [messageOf([{}, {}], [four]), '/raw_input_contents'],
      'more raw entries than inputs': [messageOf([{}], [four, four]), '/raw_input_contents'],
      'raw bytes and contents of one input': [
        messageOf([{ contents: { ...NO_CONTENTS, fp32_contents: [1] } }], [four]),
        '/inputs/0/contents',
      ],
      'a negative size': [messageOf([{}, { shape: [-1_000_000_000, 3] }]), '/inputs/1/shape'],
      'a size that no number here can say': [messageOf([{ shape: [2 ** 63] }]), '/inputs/0/shape'],
      'no sizes': [messageOf([{ shape: [] }]), '/inputs/0/shape'],
      'nine sizes': [messageOf([{ shape: Array<number>(9).fill(1) }]), '/inputs/0/shape'],
    };
    for (const [what, [message, path]] of Object.entries(cases)) {
      it(`${what}, by its place`, () => {
        expect(refusalOf(message).errors.map((error) => error.path)).to.deep.equal([path]);
      });
    }

    it('bytes that are no whole number of elements', () => {
      for (const datatype of ['FP32', 'FP64', 'INT32', 'INT64']) {
        const { message } = refusalOf(messageOf([{ datatype }], [Buffer.alloc(3)]));
        expect(message).to.include('/inputs/0').and.include('3 bytes');
      }
    });

    it('strings that end outside of their tensor', () => {
      for (const bytes of [Buffer.of(1), Buffer.of(2, 0, 0, 0, 65), Buffer.of(255, 255, 255, 255, 65)]) {
        expect(refusalOf(messageOf([{ datatype: 'BYTES' }], [bytes])).message).to.include('/inputs/0');
      }
    });

    it('without a word of what was sent', () => {
      const { message, errors } = refusalOf(messageOf([{ datatype: 'secret' }]));
      expect(message + JSON.stringify(errors)).not.to.include('secret');
    });
  });

  describe('written', () => {
    const columns = fakeOutputs([1, 2]);

    it('as contents of their own kind, with the shape of scalars and lists', () => {
      expect(writeTensors(columns, 2, false)).to.deep.equal({
        outputs: [
          { name: 'double', datatype: 'FP64', shape: [2], contents: { fp64_contents: [2, 4] } },
          { name: 'pair', datatype: 'FP64', shape: [2, 2], contents: { fp64_contents: [1, 2, 2, 4] } },
          {
            name: 'words',
            datatype: 'BYTES',
            shape: [2, 2],
            contents: { bytes_contents: ['1', '<1>', '2', '<2>'].map((text) => Buffer.from(text)) },
          },
          { name: 'count', datatype: 'INT64', shape: [2], contents: { int64_contents: [2 ** 40, 2 ** 41] } },
        ],
      });
    });

    it('as booleans where the graph has bytes', () => {
      const column = {
        name: 'b',
        type: 'bool',
        width: 1,
        isScalar: true,
        data: Uint8Array.of(1, 0),
      } as const;
      expect(writeTensors([column], 2, false).outputs[0]!.contents).to.deep.equal({
        bool_contents: [true, false],
      });
    });

    it('as raw bytes, which are read as what they were', () => {
      const { outputs, raw_output_contents: raw } = writeTensors(columns, 2, true);
      expect(outputs.map((output) => 'contents' in output)).to.deep.equal([false, false, false, false]);
      const again = readTensors(
        messageOf(
          outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
          raw,
        ),
      );
      expect(again.map(({ data }) => [...(data as unknown[])])).to.deep.equal(
        columns.map(({ data }) => [...(data as unknown as unknown[])]),
      );
    });
  });
});
