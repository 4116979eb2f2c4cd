import type { Manifest } from '../../src/model-package/manifest.js';
import type { OutputColumn } from '../../src/servables/onnx-session.js';
import { RowEncoder, type EncodedRows } from '../../src/servables/row-encoder.js';
import type { Servable, ServableId } from '../../src/servables/servable.js';
import { manifestWith } from '../support/manifests.js';

/** A servable whose graph doubles its one feature `x`, as `double` (a scalar) and `pair` (x and 2x). */
export class FakeServable {
  readonly id: ServableId = { modelName: 'toy', version: '1', digest: `sha256:${'a'.repeat(64)}` };
  readonly manifest: Manifest = manifestWith([{ name: 'x', type: 'float64', nullable: false }], {
    layout: 'tensor',
    name: 'features',
    type: 'float64',
  });
  readonly encoder = new RowEncoder(this.manifest);
  /** Rows of each call of the graph. */
  readonly runs: number[] = [];
  /** A call with this value in it fails. */
  poison: number | undefined;

  /** As the type that the code under test asks for. */
  get asServable(): Servable {
    return this as unknown as Servable;
  }

  run({ rows, inputs }: EncodedRows): Promise<readonly OutputColumn[]> {
    this.runs.push(rows);
    const x = inputs[0] as Float64Array;
    if (this.poison !== undefined && x.includes(this.poison)) {
      return Promise.reject(new Error(`the graph can't compute ${this.poison}`));
    }
    return Promise.resolve([
      { name: 'double', type: 'float64', width: 1, isScalar: true, data: x.map((value) => 2 * value) },
      {
        name: 'pair',
        type: 'float64',
        width: 2,
        isScalar: false,
        data: Float64Array.from([...x].flatMap((value) => [value, 2 * value])),
      },
    ]);
  }
}
