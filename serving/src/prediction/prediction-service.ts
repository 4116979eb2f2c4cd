import { RequestError } from '../errors.js';
import type { PredictionMetrics, PredictionSeries } from '../metrics/predictions.js';
import type { RowBatch } from '../servables/row-batch.js';
import type { EncodedRows, RowEncoder } from '../servables/row-encoder.js';
import type { Servable, ServableHandle, ServableId } from '../servables/servable.js';
import type { Admission } from './admission.js';
import type { MicroBatcher, OutputRows, RowWitness } from './micro-batcher.js';
import type { PredictionRecorder } from './prediction-recorder.js';

/** Who asks, for what, and how long he waits: the same whatever the rows. */
export interface PredictionOrder {
  /** Registered model; undefined: the first one that the tier serves. */
  readonly model?: string | undefined;
  /** Exactly this version; undefined: the one that the alias points at. */
  readonly version?: string | undefined;
  /** As the reply names it. */
  readonly requestId: string;
  /** The unit of fairness. */
  readonly client: string;
  /** `performance.now()` from which on the answer is of no use; Infinity: never. */
  readonly deadline: number;
}

/** Rows that are asked about, as a protocol has read them. */
export interface InferenceRequest {
  readonly rows: number;
  /** Lays the rows out for the servable that is to answer. @throws {RequestError} SIGNATURE_MISMATCH */
  encode(encoder: RowEncoder, batch: RowBatch): void;
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

/** Outputs of the rows that were asked about. */
export interface Prediction extends OutputRows {
  readonly servable: ServableId;
}

/** Work around the graph, a request: reading it, checking it, answering it. */
const REQUEST_COST_MS = 0.03;

/** A large request is computed in pieces of about this: nobody waits for more of it. */
const MAX_COST_MS = 10;

/** One prediction from request to outputs: limits, servable, admission, signature, graph, metrics. */
export class PredictionService {
  readonly #lender: ServableLender;
  readonly #admission: Admission;
  readonly #batcher: MicroBatcher;
  readonly #metrics: PredictionMetrics;
  readonly #maxRows: number;
  readonly #recorder: PredictionRecorder | undefined;
  readonly #series = new WeakMap<Servable, PredictionSeries>();

  /** @param recorder undefined: nobody keeps what was predicted */
  constructor(
    lender: ServableLender,
    admission: Admission,
    batcher: MicroBatcher,
    metrics: PredictionMetrics,
    maxRows: number,
    recorder?: PredictionRecorder,
  ) {
    this.#lender = lender;
    this.#admission = admission;
    this.#batcher = batcher;
    this.#metrics = metrics;
    this.#maxRows = maxRows;
    this.#recorder = recorder;
  }

  /** The most rows that a request may have. */
  get maxRows(): number {
    return this.#maxRows;
  }

  /**
   * @throws {RequestError} TOO_MANY_ROWS, MODEL_NOT_FOUND, VERSION_NOT_AVAILABLE, MODEL_NOT_READY, OVERLOADED,
   *   RATE_LIMITED, DEADLINE_EXCEEDED, SIGNATURE_MISMATCH or PREDICTION_FAILED
   */
  predict(order: PredictionOrder, request: InferenceRequest): Promise<Prediction> {
    const { rows } = request;
    return this.#borrowing(order, rows, (servable, alias) =>
      this.#computing(order, servable, rows, () =>
        this.#batcher.run(servable, {
          rows,
          client: order.client,
          deadline: order.deadline,
          witness: this.#witness(order, servable, alias),
          fill: (batch) => {
            request.encode(servable.encoder, batch);
          },
        }),
      ),
    );
  }

  /**
   * The same for rows that somebody else encodes meanwhile.
   * @param encode gets the servable that is to answer
   */
  predictEncoded(
    order: PredictionOrder,
    encode: (servable: Servable) => Promise<EncodedRows>,
  ): Promise<Prediction> {
    return this.#borrowing(order, 0, async (servable, alias) => {
      const encoded = await encode(servable);
      this.#checkRows(encoded.rows);
      return this.#computing(order, servable, encoded.rows, () =>
        this.#batcher.runEncoded(servable, encoded, {
          client: order.client,
          deadline: order.deadline,
          witness: this.#witness(order, servable, alias),
        }),
      );
    });
  }

  /** Refuses early what would be refused later whatever its rows. @throws {RequestError} OVERLOADED or RATE_LIMITED */
  checkAdmission(client: string): void {
    this.#admission.check(client);
  }

  #checkRows(rows: number): void {
    if (rows <= this.#maxRows) return;
    throw new RequestError(
      'TOO_MANY_ROWS',
      `The request has ${rows} rows; at most ${this.#maxRows} are allowed`,
    );
  }

  /** @param rows as far as they are known already */
  async #borrowing(
    { model, version }: PredictionOrder,
    rows: number,
    compute: (servable: Servable, alias: string) => Promise<OutputRows>,
  ): Promise<Prediction> {
    this.#checkRows(rows);
    const started = performance.now();
    const { handle, alias } = this.#lender.acquire(model, version);
    try {
      const { servable } = handle;
      const { columns, from, to } = await compute(servable, alias);
      this.#seriesOf(servable, alias).observe((performance.now() - started) / 1_000, to - from);
      return { servable: servable.id, columns, from, to };
    } finally {
      handle.release();
    }
  }

  async #computing(
    { client, deadline }: PredictionOrder,
    servable: Servable,
    rows: number,
    run: () => Promise<OutputRows>,
  ): Promise<OutputRows> {
    const costMs = REQUEST_COST_MS + Math.min(MAX_COST_MS, rows * this.#batcher.millisecondsPerRow(servable));
    this.#admission.enter(client, costMs, deadline);
    try {
      return await run();
    } catch (cause) {
      if (cause instanceof RequestError) throw cause;
      // Which part of the graph failed is for the log, by way of the cause, and nothing that a client can act upon.
      const detail = `Model version ${servable.id.version} could not compute these rows`;
      throw new RequestError('PREDICTION_FAILED', detail, [], { cause });
    } finally {
      this.#admission.leave(client, costMs);
    }
  }

  #witness({ requestId }: PredictionOrder, servable: Servable, alias: string): RowWitness | undefined {
    const recorder = this.#recorder;
    if (recorder === undefined) return undefined;
    return (computed) => {
      recorder.record(servable, alias, requestId, computed);
    };
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
