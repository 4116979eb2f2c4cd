import { Histogram, type HistogramConfiguration } from 'prom-client';

type Collected = Awaited<ReturnType<Histogram['get']>>;
type CollectedValue = Collected['values'][number];

/** One series of a histogram, held so that an observation costs a handful of additions. */
export class HotSeries {
  readonly #labels: Readonly<Record<string, string>>;
  readonly #bounds: readonly number[];
  /** One more than there are bounds: the last is beyond all of them. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1;
    this.#counts[bucket]! += 1;
    this.#sum += value;
  }

  /** Each value from one position up to another. What is no number is passed over: it would spoil the sum for good. */
  observeAll(values: ArrayLike<number>, from: number, to: number): void {
    for (let i = from; i < to; i += 1) {
      const value = values[i]!;
      if (!Number.isNaN(value)) this.observe(value);
    }
  }

  collect(name: string): CollectedValue[] {
    let cumulative = 0;
    const buckets = Array.from(this.#counts, (count, i): CollectedValue => {
      cumulative += count;
      return {
        value: cumulative,
        labels: { le: this.#bounds[i] ?? '+Inf', ...this.#labels },
        metricName: `${name}_bucket`,
      };
    });
    return [
      ...buckets,
      { value: this.#sum, labels: this.#labels, metricName: `${name}_sum` },
      { value: cumulative, labels: this.#labels, metricName: `${name}_count` },
    ];
  }
}

/**
 * A histogram on the way of every request. prom-client's own hashes the labels anew for each observation, which is
 * a good part of what a prediction may cost; here a series is looked up once and counts by itself from then on.
 */
export class HotHistogram<T extends string> extends Histogram<T> {
  readonly #configuration: HistogramConfiguration<T>;
  readonly #series = new Set<HotSeries>();

  constructor(configuration: HistogramConfiguration<T>) {
    super(configuration);
    this.#configuration = configuration;
  }

  series(labels: Readonly<Record<T, string>>): HotSeries {
    const series = new HotSeries(labels, this.#configuration.buckets ?? []);
    this.#series.add(series);
    return series;
  }

  drop(series: HotSeries): void {
    this.#series.delete(series);
  }

  override get(): Promise<Collected> {
    const { name, help } = this.#configuration;
    return Promise.resolve({
      name,
      help,
      // Of a const enum, whose values are not there at run time.
      type: 'histogram' as unknown as Collected['type'],
      values: [...this.#series].flatMap((series) => series.collect(name)),
      aggregator: 'sum',
      collect: () => undefined,
    });
  }

  /** The registry asks for this one where it writes text; labels in common are then not said apart. */
  getForPromString(): Promise<Collected> {
    return this.get();
  }
}
