import type { ElementType, Histogram, Manifest } from '../model-package/manifest.js';
import { columnBins, type ColumnBins, type ColumnValues } from './column-bins.js';
import type { ColumnSnapshot, DriftSnapshot } from './drift-snapshot.js';
import type { RowSample } from './row-sampler.js';
import { SlidingCounts } from './sliding-counts.js';

/** Rows as they went into a graph: one entry a graph input, element [row * width + column]. */
export interface ObservedRows {
  readonly rows: number;
  readonly inputs: readonly ColumnValues[];
}

/** One output of a graph for the same rows. */
export interface ObservedOutput {
  readonly data: ColumnValues;
}

interface Column {
  readonly name: string;
  readonly bins: ColumnBins;
  /** Of its first bin in the counts of all columns. */
  readonly offset: number;
  /** Which input or output holds it, and where in a row of how many values. */
  readonly source: number;
  readonly position: number;
  readonly width: number;
}

/** Parts of the window: with 12 it is at most a twelfth shorter than it is said to be. */
const WINDOW_PARTS = 12;

/** Counts what one servable computes, in the bins of the servable's own reference. */
export class ServableDrift {
  readonly #features: readonly Column[];
  readonly #outputs: readonly Column[];
  readonly #unmeasured: readonly string[];
  readonly #window: SlidingCounts;

  /** @param maxFeatures those beyond it, in the order of the manifest, are not measured */
  constructor(
    { features, outputs, input, reference }: Manifest,
    { windowMs, maxFeatures }: { readonly windowMs: number; readonly maxFeatures: number },
  ) {
    let size = 0;
    const column = (
      name: string,
      histogram: Histogram | undefined,
      type: ElementType,
      place: Pick<Column, 'source' | 'position' | 'width'>,
    ): Column[] => {
      const bins = histogram && columnBins(histogram, type);
      if (bins === undefined) return [];
      const offset = size;
      size += bins.reference.length;
      return [{ name, bins, offset, ...place }];
    };
    this.#features = features.slice(0, maxFeatures).flatMap(({ name, type }, i) =>
      input.layout === 'tensor'
        ? column(name, reference.features[name], input.type, {
            source: 0,
            position: i,
            width: features.length,
          })
        : column(name, reference.features[name], type, { source: i, position: 0, width: 1 }),
    );
    this.#outputs = outputs.flatMap(({ name, type, shape }, i) =>
      // A histogram of a list would mix its items.
      (shape[0] ?? 1) === 1
        ? column(name, reference.outputs[name], type, { source: i, position: 0, width: 1 })
        : [],
    );
    const measured = new Set(this.#features.map(({ name }) => name));
    this.#unmeasured = features.flatMap(({ name }) => (measured.has(name) ? [] : name));
    this.#window = new SlidingCounts(size, windowMs, WINDOW_PARTS);
  }

  /**
   * Counts the sampled rows of a request. Allocates nothing.
   * @param outputs in the order of the manifest
   */
  observe(
    { rows, inputs }: ObservedRows,
    outputs: readonly ObservedOutput[],
    { first, stride }: RowSample,
    nowMs: number,
  ): void {
    const counts = this.#window.add(Math.ceil((rows - first) / stride), stride, nowMs);
    for (const { bins, offset, source, position, width } of this.#features) {
      bins.count(
        inputs[source]!,
        first * width + position,
        rows * width,
        stride * width,
        stride,
        counts,
        offset,
      );
    }
    for (const { bins, offset, source } of this.#outputs) {
      bins.count(outputs[source]!.data, first, rows, stride, stride, counts, offset);
    }
  }

  snapshot(nowMs: number): Omit<DriftSnapshot, 'modelName' | 'alias' | 'version' | 'digest'> {
    const { counts, weight, squaredWeight } = this.#window.read(nowMs);
    const columnSnapshot = ({ name, bins, offset }: Column): ColumnSnapshot => ({
      name,
      reference: [...bins.reference],
      current: [...counts.subarray(offset, offset + bins.reference.length)],
      missingBin: bins.missingBin,
      ...(bins.unseenBin !== undefined && { unseenBin: bins.unseenBin }),
    });
    return {
      weight,
      squaredWeight,
      features: this.#features.map(columnSnapshot),
      outputs: this.#outputs.map(columnSnapshot),
      unmeasuredFeatures: this.#unmeasured,
    };
  }
}
