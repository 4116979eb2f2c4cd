import type { Manifest } from '../../src/model-package/manifest.js';
import type { OutputColumn } from '../../src/servables/onnx-session.js';
import { RowEncoder, type EncodedRows } from '../../src/servables/row-encoder.js';
import type { Servable, ServableHandle, ServableId } from '../../src/servables/servable.js';
import { manifestWith } from '../support/manifests.js';

/** What the graph of a FakeServable answers to these values of `x`. */
export function fakeOutputs(x: readonly number[]): readonly OutputColumn[] {
  return [
    { name: 'double', type: 'float64', width: 1, isScalar: true, data: Float64Array.from(x, (v) => 2 * v) },
    {
      name: 'pair',
      type: 'float64',
      width: 2,
      isScalar: false,
      data: Float64Array.from(x.flatMap((v) => [v, 2 * v])),
    },
    { name: 'words', type: 'string', width: 2, isScalar: false, data: x.flatMap((v) => [`${v}`, `<${v}>`]) },
    {
      name: 'count',
      type: 'int64',
      width: 1,
      isScalar: true,
      data: BigInt64Array.from(x, (v) => BigInt(Math.trunc(v)) * 2n ** 40n),
    },
  ];
}

/**
 * A servable whose graph makes scalars, lists, strings and integers of its one feature `x`. As onnxruntime does, it
 * computes in an immediate of its own and holds up the event loop meanwhile.
 */
export class FakeServable {
  readonly id: ServableId = { modelName: 'toy', version: '1', digest: `sha256:${'a'.repeat(64)}` };
  readonly manifest: Manifest = manifestWith([{ name: 'x', type: 'float64', nullable: false }], {
    layout: 'tensor',
    name: 'features',
    type: 'float64',
  });
  readonly encoder = new RowEncoder(this.manifest);
  /** The values of each call of the graph. */
  readonly calls: number[][] = [];
  /** A call with this value in it fails. */
  poison: number | undefined;
  /** What a row costs; 0: next to nothing. */
  millisecondsPerRow = 0;
  /** Calls wait for this before they compute. */
  gate: Promise<void> = Promise.resolve();

  /** As the type that the code under test asks for. */
  get asServable(): Servable {
    return this as unknown as Servable;
  }

  /** How many hold it. */
  held = 0;

  acquire(): ServableHandle {
    this.held += 1;
    return {
      servable: this.asServable,
      release: () => {
        this.held -= 1;
      },
    };
  }

  /** Rows of each call of the graph. */
  get runs(): number[] {
    return this.calls.map(({ length }) => length);
  }

  async run({ rows, inputs }: EncodedRows): Promise<readonly OutputColumn[]> {
    const x = [...(inputs[0] as Float64Array)];
    if (x.length !== rows) throw new Error(`${x.length} values for ${rows} rows`);
    this.calls.push(x);
    await this.gate;
    await new Promise((resolve) => setImmediate(resolve));
    const end = performance.now() + rows * this.millisecondsPerRow;
    while (performance.now() < end);
    if (this.poison !== undefined && x.includes(this.poison)) {
      throw new Error(`the graph can't compute ${this.poison}`);
    }
    return fakeOutputs(x);
  }
}
