import type { Manifest } from '../../src/model-package/manifest.js';
import type { OutputColumn } from '../../src/servables/onnx-session.js';
import { RowEncoder, type EncodedRows } from '../../src/servables/row-encoder.js';
import type { Servable, ServableHandle, ServableId } from '../../src/servables/servable.js';
import type { ServableState } from '../../src/servables/states.js';
import { manifestWith } from '../support/manifests.js';

/** The one feature of a FakeScorer, in one tensor. */
export const SCORED_MANIFEST: Manifest = manifestWith([{ name: 'x', type: 'float64', nullable: false }], {
  layout: 'tensor',
  name: 'features',
  type: 'float64',
});

/** What a binary classifier answers to these scores. */
export function scoreColumns(scores: readonly number[], threshold = 0.5): readonly OutputColumn[] {
  const scalar = { width: 1, isScalar: true } as const;
  return [
    { name: 'score', type: 'float32', ...scalar, data: Float32Array.from(scores) },
    {
      name: 'label',
      type: 'int64',
      ...scalar,
      data: BigInt64Array.from(scores, (score) => (score >= threshold ? 1n : 0n)),
    },
  ];
}

/**
 * A binary classifier whose score is its first feature plus a shift. As onnxruntime does, it computes in an immediate
 * of its own. Time is what its owner says.
 */
export class FakeScorer {
  readonly id: ServableId;
  readonly encoder: RowEncoder;
  state: ServableState = 'available';
  /** The first feature of the rows of each call. */
  readonly calls: number[][] = [];
  /** Handles that are not released. */
  held = 0;
  /** What every score is moved by. */
  shift = 0;
  /** Calls with this value in them fail. */
  poison: number | undefined;
  /** Calls wait for this before they compute. */
  gate: Promise<void> = Promise.resolve();
  /** Told of the rows of a call while it computes. */
  computing: (rows: number) => void = () => undefined;

  constructor(
    version: string,
    readonly manifest: Manifest = SCORED_MANIFEST,
  ) {
    this.id = { modelName: manifest.model_name, version, digest: `sha256:${version.padStart(64, '0')}` };
    this.encoder = new RowEncoder(manifest);
  }

  /** As the type that the code under test asks for. */
  get asServable(): Servable {
    return this as unknown as Servable;
  }

  acquire(): ServableHandle {
    if (this.state !== 'available') throw new Error(`It is ${this.state}`);
    this.held += 1;
    return {
      servable: this.asServable,
      release: () => {
        this.held -= 1;
      },
    };
  }

  async run({ rows, inputs }: EncodedRows): Promise<readonly OutputColumn[]> {
    if (this.held === 0) throw new Error('Nobody holds it');
    const width = inputs[0]!.length / rows;
    const x = Array.from({ length: rows }, (_, row) => Number(inputs[0]![row * width]));
    this.calls.push(x);
    await this.gate;
    await new Promise((resolve) => setImmediate(resolve));
    this.computing(rows);
    if (this.poison !== undefined && x.includes(this.poison)) throw new Error('the graph fails');
    return scoreColumns(
      x.map((value) => value + this.shift),
      this.manifest.decision?.threshold,
    );
  }
}
