import { RequestError } from '../errors.js';
import type { PredictionMetrics, PredictionSeries } from '../metrics/predictions.js';
import type { OutputColumn } from '../servables/onnx-session.js';
import type { EncodedRows, RowEncoder } from '../servables/row-encoder.js';
import type { Servable, ServableHandle, ServableId } from '../servables/servable.js';
import type { MicroBatcher } from './micro-batcher.js';

/** What is asked for, whatever the protocol. */
export interface InferenceRequest {
  /** Registered model; undefined: the first one that the tier serves. */
  readonly model?: string;
  /** Exactly this version; undefined: the one that the alias points at. */
  readonly version?: string;
  readonly rows: number;
  /** Lays the rows out for the servable that is to answer. @throws {RequestError} SIGNATURE_MISMATCH */
  encode(encoder: RowEncoder): EncodedRows;
}

export interface Borrowed {
  readonly handle: ServableHandle;
  /** Alias under which the servable is served. */
  readonly alias: string;
}

/** Lends the servable that is to answer. */
export interface ServableLender {
  /** @throws {RequestError} MODEL_NOT_FOUND, VERSION_NOT_AVAILABLE or MODEL_NOT_READY */
  acquire(model: string | undefined, version: string | undefined): Borrowed;
}

export interface Prediction {
  readonly servable: ServableId;
  readonly rows: number;
  readonly outputs: readonly OutputColumn[];
}

/** One prediction from request to outputs: limits, servable, signature, graph, metrics. */
export class PredictionService {
  readonly #lender: ServableLender;
  readonly #batcher: MicroBatcher;
  readonly #metrics: PredictionMetrics;
  readonly #maxRows: number;
  readonly #series = new WeakMap<Servable, PredictionSeries>();

  constructor(lender: ServableLender, batcher: MicroBatcher, metrics: PredictionMetrics, maxRows: number) {
    this.#lender = lender;
    this.#batcher = batcher;
    this.#metrics = metrics;
    this.#maxRows = maxRows;
  }

  /**
   * @throws {RequestError} TOO_MANY_ROWS, MODEL_NOT_FOUND, VERSION_NOT_AVAILABLE, MODEL_NOT_READY,
   *   SIGNATURE_MISMATCH or PREDICTION_FAILED
   */
  async predict(request: InferenceRequest): Promise<Prediction> {
    const started = performance.now();
    const { rows } = request;
    if (rows > this.#maxRows) {
      throw new RequestError(
        'TOO_MANY_ROWS',
        `The request has ${rows} rows; at most ${this.#maxRows} are allowed`,
      );
    }
    const { handle, alias } = this.#lender.acquire(request.model, request.version);
    try {
      const { servable } = handle;
      const outputs = await this.#compute(servable, request.encode(servable.encoder));
      this.#seriesOf(servable, alias).observe((performance.now() - started) / 1_000, rows);
      return { servable: servable.id, rows, outputs };
    } finally {
      handle.release();
    }
  }

  async #compute(servable: Servable, encoded: EncodedRows): Promise<readonly OutputColumn[]> {
    try {
      return await this.#batcher.run(servable, encoded);
    } catch (cause) {
      // What the runtime says goes to the log by way of the cause; it may quote values, so clients don't get it.
      const detail = `Model version ${servable.id.version} could not compute these rows`;
      throw new RequestError('PREDICTION_FAILED', detail, [], { cause });
    }
  }

  #seriesOf(servable: Servable, alias: string): PredictionSeries {
    let series = this.#series.get(servable);
    if (series === undefined) {
      series = this.#metrics.series(servable.id.modelName, servable.id.version, alias);
      this.#series.set(servable, series);
    }
    return series;
  }
}
