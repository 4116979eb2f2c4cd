import type { ComputedRows } from '../servables/computed-rows.js';
import type { OutputColumn } from '../servables/onnx-session.js';
import type { RowBatch } from '../servables/row-batch.js';
import type { EncodedRows } from '../servables/row-encoder.js';
import type { Servable } from '../servables/servable.js';
import { BatchLane } from './batch-lane.js';

/** Told of rows that were computed, before they are answered. Must not throw, and keep neither rows nor outputs. */
export interface BatchObserver {
  observe(servable: Servable, rows: EncodedRows, outputs: readonly OutputColumn[]): void;
}

/**
 * Told of the rows of one request when they are computed, before they are answered. Must not throw, and keep neither
 * rows nor outputs: their memory is the next request's.
 */
export type RowWitness = (computed: ComputedRows) => void;

/** Who waits for rows, and for how long. */
export interface BatchOrder {
  /** Whose turn it is when there is more than fits. */
  readonly client: string;
  /** `performance.now()` from which on nobody waits for the answer any more; Infinity for never. */
  readonly deadline: number;
  /** undefined: nobody wants to see them. */
  readonly witness?: RowWitness | undefined;
}

/** Rows of one request on their way to the graph. */
export interface BatchRequest extends BatchOrder {
  readonly rows: number;
  /** Writes the rows behind those of the batch. Throws, and leaves the batch as it was, when they are not valid. */
  fill(batch: RowBatch): void;
}

/** Outputs of one request: rows from one up to another of what the graph answered. */
export interface OutputRows {
  readonly columns: readonly OutputColumn[];
  readonly from: number;
  readonly to: number;
}

/** The same, and what they cost. */
export interface TimedOutputRows extends OutputRows {
  /** What those calls of the graph took that its rows were in, whoever else's rows were in them too. */
  readonly graphMs: number;
}

/**
 * Computes the rows of requests that arrived in one turn of the event loop in one call of the graph.
 *
 * No request waits for company: the batch is whatever the turn brought, so a lone request pays nothing and a
 * crowd shares the cost of a call. What does not fit into a batch waits in a queue that takes clients in turn. A
 * large request is computed in pieces, with the queue's requests in between, so that it blocks nobody. A batch that
 * fails is computed again request by request, so that one client's rows can't fail another's.
 */
export class MicroBatcher {
  readonly #maxRows: number;
  readonly #observer: BatchObserver | undefined;
  readonly #lanes = new WeakMap<Servable, BatchLane>();

  /** @param maxRows of concurrent requests in one call of the graph; 1 switches batching off */
  constructor(maxRows: number, observer?: BatchObserver) {
    this.#maxRows = maxRows;
    this.#observer = observer;
  }

  /**
   * The caller holds a handle of the servable until this settles.
   * @throws {RequestError} what `fill` throws, or DEADLINE_EXCEEDED when it passes before the rows' turn comes;
   * anything else is the graph's
   */
  run(servable: Servable, request: BatchRequest): Promise<TimedOutputRows> {
    return this.#laneOf(servable).add(request);
  }

  /** The same for rows that are encoded already. They are not joined with those of others. */
  runEncoded(servable: Servable, rows: EncodedRows, order: BatchOrder): Promise<TimedOutputRows> {
    return this.#laneOf(servable).addEncoded(rows, order);
  }

  /** What a row costs in the graph at present, in milliseconds; 0 before the first. */
  millisecondsPerRow(servable: Servable): number {
    return this.#laneOf(servable).millisecondsPerRow;
  }

  #laneOf(servable: Servable): BatchLane {
    let lane = this.#lanes.get(servable);
    if (lane === undefined) {
      lane = new BatchLane(servable, this.#maxRows, this.#observer);
      this.#lanes.set(servable, lane);
    }
    return lane;
  }
}
