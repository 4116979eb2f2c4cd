import { RequestError } from '../errors.js';
import type { PredictionMetrics, PredictionSeries } from '../metrics/predictions.js';
import { binaryOutputs } from '../model-package/binary-outputs.js';
import type { RowBatch } from '../servables/row-batch.js';
import type { EncodedRows, RowEncoder } from '../servables/row-encoder.js';
import type { Servable, ServableHandle, ServableId } from '../servables/servable.js';
import type { ServedRole } from '../servables/served-roles.js';
import type { Admission } from './admission.js';
import { FailedAttempts, type FailureObserver } from './failed-attempts.js';
import type { MicroBatcher, OutputRows, RowWitness, TimedOutputRows } from './micro-batcher.js';
import type { PredictionRecorder } from './prediction-recorder.js';
import type { ShadowRunner } from './shadow/shadow-runner.js';

/** Which servable is to answer. */
export interface ServableWish {
  /** Registered model; undefined: the first one that the tier serves. */
  readonly model?: string | undefined;
  /** Exactly this version; undefined: the one that the alias or the traffic policy names. */
  readonly version?: string | undefined;
  /** Exactly what is served under this alias or in this role; undefined: whatever the traffic policy says. */
  readonly alias?: string | undefined;
  /** Requests with one key are answered by one version; undefined: the request's id. */
  readonly trafficKey?: string | undefined;
  /** As the reply names it. */
  readonly requestId: string;
}

/** Who asks, for what, and how long he waits: the same whatever the rows. */
export interface PredictionOrder extends ServableWish {
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
  readonly role: 'champion' | ServedRole;
  /** Is to see the same rows when they are answered; not held. */
  readonly shadow?: Servable | undefined;
  /** Lends who answers what this one can't compute. */
  readonly otherwise?: (() => Borrowed | undefined) | undefined;
}

/** Lends the servable that is to answer. */
export interface ServableLender {
  /** @throws {RequestError} MODEL_NOT_FOUND, VERSION_NOT_AVAILABLE, MODEL_NOT_READY or INVALID_REQUEST */
  acquire(wish: ServableWish): Borrowed;
}

/** Who sees predictions beside the client. */
export interface Bystanders {
  /** undefined: nobody keeps what was predicted. */
  readonly recorder?: PredictionRecorder | undefined;
  /** undefined: nobody computes again what the champion answered. */
  readonly shadows?: ShadowRunner | undefined;
  /** undefined: nobody counts. */
  readonly failures?: FailureObserver | undefined;
}

/** Outputs of the rows that were asked about. */
export interface Prediction extends OutputRows {
  readonly servable: ServableId;
}

/** Work around the graph, a request: reading it, checking it, answering it. */
const REQUEST_COST_MS = 0.03;

/** A large request is computed in pieces of about this: nobody waits for more of it. */
const MAX_COST_MS = 10;

/** One servable may have two roles, and is then looked up anew where they take turns. */
interface SeriesUnderAlias {
  readonly alias: string;
  readonly series: PredictionSeries;
  /** Position of the score among the outputs; undefined: it gives none. */
  readonly score: number | undefined;
}

/** One prediction from request to outputs: limits, servable, admission, signature, graph, metrics. */
export class PredictionService {
  readonly #lender: ServableLender;
  readonly #admission: Admission;
  readonly #batcher: MicroBatcher;
  readonly #metrics: PredictionMetrics;
  readonly #maxRows: number;
  readonly #recorder: PredictionRecorder | undefined;
  readonly #shadows: ShadowRunner | undefined;
  readonly #failures: FailureObserver | undefined;
  readonly #series = new WeakMap<Servable, SeriesUnderAlias>();

  constructor(
    lender: ServableLender,
    admission: Admission,
    batcher: MicroBatcher,
    metrics: PredictionMetrics,
    maxRows: number,
    { recorder, shadows, failures }: Bystanders = {},
  ) {
    this.#lender = lender;
    this.#admission = admission;
    this.#batcher = batcher;
    this.#metrics = metrics;
    this.#maxRows = maxRows;
    this.#recorder = recorder;
    this.#shadows = shadows;
    this.#failures = failures;
  }

  /** The most rows that a request may have. */
  get maxRows(): number {
    return this.#maxRows;
  }

  /**
   * What one version can't compute another may: the canary's rows are then the champion's, and the champion's those of
   * the standby. The client is told what it would be told if there were no other versions.
   *
   * @throws {RequestError} TOO_MANY_ROWS, MODEL_NOT_FOUND, VERSION_NOT_AVAILABLE, INVALID_REQUEST, MODEL_NOT_READY,
   *   OVERLOADED, RATE_LIMITED, DEADLINE_EXCEEDED, SIGNATURE_MISMATCH or PREDICTION_FAILED
   */
  predict(order: PredictionOrder, request: InferenceRequest): Promise<Prediction> {
    const { rows } = request;
    return this.#answering(order, rows, request, (servable, alias, isRepeated) =>
      this.#computing(order, servable, rows, isRepeated, () =>
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
   * @param encode gets the servable that is to answer; is called again for another one if that fails
   */
  predictEncoded(
    order: PredictionOrder,
    encode: (servable: Servable) => Promise<EncodedRows>,
  ): Promise<Prediction> {
    return this.#answering(order, 0, undefined, async (servable, alias, isRepeated) => {
      const encoded = await encode(servable);
      this.#checkRows(encoded.rows);
      return this.#computing(order, servable, encoded.rows, isRepeated, () =>
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

  /**
   * @param rows as far as they are known already
   * @param request undefined: its rows can't be encoded here
   * @param compute is told whether the rows were admitted and computed before, by another servable
   */
  async #answering(
    order: PredictionOrder,
    rows: number,
    request: InferenceRequest | undefined,
    compute: (servable: Servable, alias: string, isRepeated: boolean) => Promise<TimedOutputRows>,
  ): Promise<Prediction> {
    this.#checkRows(rows);
    let borrowed = this.#lender.acquire(order);
    let attempts: FailedAttempts | undefined;
    for (;;) {
      const { handle, alias, role, shadow } = borrowed;
      const { servable } = handle;
      const started = performance.now();
      let error: unknown;
      try {
        const outputs = await compute(servable, alias, attempts !== undefined);
        const { columns, from, to } = outputs;
        const seconds = (performance.now() - started) / 1_000;
        // Who asks for the shadow by name is answered, and is no traffic.
        if (role !== 'shadow') this.#count(servable, alias, seconds, outputs);
        attempts?.answered();
        if (shadow !== undefined) {
          const champion = servable;
          this.#shadows?.offer({
            shadow,
            champion,
            alias,
            order,
            request,
            outputs,
          });
        }
        return { servable: servable.id, columns, from, to };
      } catch (thrown) {
        error = thrown;
      } finally {
        handle.release();
      }
      attempts ??= new FailedAttempts(order.requestId, this.#failures);
      borrowed = attempts.after(borrowed, error);
    }
  }

  async #computing(
    { client, deadline }: PredictionOrder,
    servable: Servable,
    rows: number,
    isRepeated: boolean,
    run: () => Promise<TimedOutputRows>,
  ): Promise<TimedOutputRows> {
    const costMs = REQUEST_COST_MS + Math.min(MAX_COST_MS, rows * this.#batcher.millisecondsPerRow(servable));
    if (isRepeated) this.#admission.readmit(client, costMs);
    else this.#admission.enter(client, costMs, deadline);
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

  #count(servable: Servable, alias: string, seconds: number, { columns, from, to }: OutputRows): void {
    const { series, score } = this.#seriesOf(servable, alias);
    series.observe(seconds, to - from);
    if (score !== undefined) series.observeScores(columns[score]!.data as Float32Array, from, to);
  }

  #seriesOf(servable: Servable, alias: string): SeriesUnderAlias {
    const known = this.#series.get(servable);
    if (known?.alias === alias && !known.series.isDropped) return known;
    const series = {
      alias,
      series: this.#metrics.series(servable.id.modelName, servable.id.version, alias),
      score: binaryOutputs(servable.manifest!)?.score,
    };
    this.#series.set(servable, series);
    return series;
  }
}
