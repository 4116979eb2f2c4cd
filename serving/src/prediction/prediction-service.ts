import { RequestError } from '../errors.js';
import type { PredictionMetrics, PredictionSeries } from '../metrics/predictions.js';
import type { OutputColumn } from '../servables/onnx-session.js';
import type { Servable, ServableHandle, ServableId } from '../servables/servable.js';
import type { MicroBatcher } from './micro-batcher.js';

/** Lends the servable that is to answer. */
export interface ServableLender {
  acquire(): ServableHandle;
}

export interface Prediction {
  readonly servable: ServableId;
  readonly rows: number;
  readonly outputs: readonly OutputColumn[];
}

export interface PredictionServiceOptions {
  readonly alias: string;
  readonly maxRows: number;
}

/** One prediction from parsed request to outputs: limits, servable, signature, graph, metrics. */
export class PredictionService {
  readonly #lender: ServableLender;
  readonly #batcher: MicroBatcher;
  readonly #metrics: PredictionMetrics;
  readonly #options: PredictionServiceOptions;
  readonly #series = new WeakMap<Servable, PredictionSeries>();

  constructor(
    lender: ServableLender,
    batcher: MicroBatcher,
    metrics: PredictionMetrics,
    options: PredictionServiceOptions,
  ) {
    this.#lender = lender;
    this.#batcher = batcher;
    this.#metrics = metrics;
    this.#options = options;
  }

  /**
   * @param instances one object or list a row
   * @throws {RequestError} TOO_MANY_ROWS, MODEL_NOT_READY, SIGNATURE_MISMATCH or PREDICTION_FAILED
   */
  async predict(instances: readonly unknown[]): Promise<Prediction> {
    const started = performance.now();
    const rows = instances.length;
    if (rows > this.#options.maxRows) {
      throw new RequestError(
        'TOO_MANY_ROWS',
        `The request has ${rows} rows; at most ${this.#options.maxRows} are allowed`,
      );
    }
    const handle = this.#lender.acquire();
    try {
      const { servable } = handle;
      const encoded = servable.encoder.encode(instances);
      const outputs = await this.#compute(servable, encoded);
      this.#seriesOf(servable).observe((performance.now() - started) / 1_000, rows);
      return { servable: servable.id, rows, outputs };
    } finally {
      handle.release();
    }
  }

  async #compute(
    servable: Servable,
    encoded: Parameters<MicroBatcher['run']>[1],
  ): Promise<readonly OutputColumn[]> {
    try {
      return await this.#batcher.run(servable, encoded);
    } catch (cause) {
      // What the runtime says goes to the log by way of the cause; it may quote values, so clients don't get it.
      const detail = `Model version ${servable.id.version} could not compute these rows`;
      throw new RequestError('PREDICTION_FAILED', detail, [], { cause });
    }
  }

  #seriesOf(servable: Servable): PredictionSeries {
    let series = this.#series.get(servable);
    if (series === undefined) {
      const { modelName, version } = servable.id;
      series = this.#metrics.series(modelName, version, this.#options.alias);
      this.#series.set(servable, series);
    }
    return series;
  }
}
