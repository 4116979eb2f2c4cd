import { inTensor } from '../model-package/in-tensor.js';
import type { ElementType, Histogram } from '../model-package/manifest.js';

/** Values of one tensor as the runtime takes and gives them: bool as 0 and 1, int64 as BigInt, null as NaN. */
export type ColumnValues = ArrayLike<number | bigint | string>;

/**
 * The bins of a reference histogram, ready to count live values. After the reference's own bins come those that
 * a reference has no name for: values of no known category, and missing ones.
 */
export interface ColumnBins {
  /** The reference, one count a bin. */
  readonly reference: Float64Array;
  readonly missingBin: number;
  /** undefined for numbers: their outer bins are open, so none is unseen. */
  readonly unseenBin: number | undefined;
  /**
   * Adds `weight` to the bin of every value at `first`, `first + step` and so on, before `end`.
   * @param counts bins of several columns
   * @param offset of this column's first bin in `counts`
   */
  count(
    values: ColumnValues,
    first: number,
    end: number,
    step: number,
    weight: number,
    counts: Float64Array,
    offset: number,
  ): void;
}

class NumericBins implements ColumnBins {
  readonly reference: Float64Array;
  readonly missingBin: number;
  readonly unseenBin = undefined;
  readonly #edges: Float64Array;

  constructor({ edges, counts, missing }: Histogram & { kind: 'numeric' }, type: ElementType) {
    this.reference = Float64Array.from([...counts, missing]);
    this.missingBin = counts.length;
    this.#edges = Float64Array.from(edges, (edge) => inTensor(edge, type));
  }

  count(
    values: ColumnValues,
    first: number,
    end: number,
    step: number,
    weight: number,
    counts: Float64Array,
    offset: number,
  ): void {
    const edges = this.#edges;
    for (let index = first; index < end; index += step) {
      const value = Number(values[index]);
      // The bin of a value is the number of edges below it: bin i holds (edges[i - 1], edges[i]].
      let bin = 0;
      if (value !== value) bin = this.missingBin;
      else {
        for (let above = edges.length; bin < above;) {
          const middle = (bin + above) >>> 1;
          if (value > edges[middle]!) bin = middle + 1;
          else above = middle;
        }
      }
      counts[offset + bin]! += weight;
    }
  }
}

class CategoryBins implements ColumnBins {
  readonly reference: Float64Array;
  readonly missingBin: number;
  readonly unseenBin: number;
  readonly #bins: ReadonlyMap<number | string, number>;

  constructor({ categories, counts, missing }: Histogram & { kind: 'categorical' }, type: ElementType) {
    this.reference = Float64Array.from([...counts, 0, missing]);
    this.unseenBin = counts.length;
    this.missingBin = counts.length + 1;
    this.#bins = new Map(categories.map((category, bin) => [inTensor(category, type), bin]));
  }

  count(
    values: ColumnValues,
    first: number,
    end: number,
    step: number,
    weight: number,
    counts: Float64Array,
    offset: number,
  ): void {
    for (let index = first; index < end; index += step) {
      const raw = values[index]!;
      const value = typeof raw === 'bigint' ? Number(raw) : raw;
      const bin = value !== value ? this.missingBin : (this.#bins.get(value) ?? this.unseenBin);
      counts[offset + bin]! += weight;
    }
  }
}

/**
 * @param type of the tensor that will hold the values, which is not always the type of the feature
 * @returns undefined where values of the type can't be put into the histogram, or it counts nothing
 */
export function columnBins(histogram: Histogram, type: ElementType): ColumnBins | undefined {
  if (histogram.kind === 'numeric' && type === 'string') return undefined;
  const bins =
    histogram.kind === 'numeric' ? new NumericBins(histogram, type) : new CategoryBins(histogram, type);
  return bins.reference.some((count) => count > 0) ? bins : undefined;
}
