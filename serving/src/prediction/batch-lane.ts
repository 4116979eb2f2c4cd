import { RequestError } from '../errors.js';
import { RowBatch } from '../servables/row-batch.js';
import type { EncodedRows } from '../servables/row-encoder.js';
import type { Servable } from '../servables/servable.js';
import { FairQueue } from './fair-queue.js';
import { callGraph, type GraphAnswer } from './graph-call.js';
import { LargeRun } from './large-run.js';
import type { BatchObserver, BatchOrder, BatchRequest, TimedOutputRows } from './micro-batcher.js';
import { RowCost } from './row-cost.js';

interface Waiting {
  readonly request: BatchRequest;
  readonly resolve: (outputs: TimedOutputRows) => void;
  readonly reject: (error: unknown) => void;
}

/** A request whose rows are in a batch. */
interface Seated extends Waiting {
  from: number;
}

/** Rows of a large request in one call. More make a call no cheaper by the row. */
const MAX_PIECE_ROWS = 4_096;
/** Batches kept for reuse. More are rarely in use at once: one fills while another computes. */
const SPARE_BATCHES = 2;

function deadlineExceeded(): RequestError {
  return new RequestError('DEADLINE_EXCEEDED', 'The time that the client gave was over before its turn came');
}

/** The requests of one servable: those that the next call of the graph takes, and those that wait for a later one. */
export class BatchLane {
  readonly #servable: Servable;
  readonly #maxRows: number;
  readonly #observer: BatchObserver | undefined;
  readonly #queue = new FairQueue<Waiting>();
  /** Apart from the others: they get a piece between two batches, and small ones never wait for more than that. */
  readonly #large = new FairQueue<LargeRun>();
  readonly #spare: RowBatch[] = [];
  #batch: RowBatch;
  #seated: Seated[] = [];
  #isPumping = false;
  #isComputing = false;
  readonly #rowCost = new RowCost();

  constructor(servable: Servable, maxRows: number, observer: BatchObserver | undefined) {
    this.#servable = servable;
    this.#maxRows = maxRows;
    this.#observer = observer;
    this.#batch = new RowBatch(servable.encoder.inputs, maxRows);
  }

  get millisecondsPerRow(): number {
    return this.#rowCost.milliseconds;
  }

  add(request: BatchRequest): Promise<TimedOutputRows> {
    if (request.rows > this.#batchRows) return this.#addLarge(request);
    return new Promise((resolve, reject) => {
      const waiting = { request, resolve, reject };
      // Behind those that wait already, even where it would fit.
      if (this.#queue.isEmpty && !this.#isFoughtOver && this.#fits(request)) this.#seat(waiting);
      else this.#queue.push(request.client, waiting);
      this.#start();
    });
  }

  addEncoded(rows: EncodedRows, order: BatchOrder): Promise<TimedOutputRows> {
    return new Promise((resolve, reject) => {
      this.#large.push(order.client, new LargeRun(rows, order, this.#servable.encoder, resolve, reject));
      this.#start();
    });
  }

  async #addLarge(request: BatchRequest): Promise<TimedOutputRows> {
    const own = new RowBatch(this.#servable.encoder.inputs, request.rows);
    request.fill(own);
    return this.addEncoded(own.view(), request);
  }

  /** Rows that a call may take so that it does not hold the event loop for too long. */
  #rowsWithin(limit: number): number {
    return this.#rowCost.rowsOfACall(limit) ?? Math.min(limit, this.#maxRows);
  }

  get #batchRows(): number {
    return this.#rowsWithin(this.#maxRows);
  }

  /**
   * Whether places in the next call are few and nobody is to take one yet: while a slow graph computes, whoever asks
   * most would fill them all. They are given out in turn when it is done.
   */
  get #isFoughtOver(): boolean {
    return this.#isComputing && this.#batchRows < this.#maxRows;
  }

  #fits({ rows }: BatchRequest): boolean {
    // A request that was small when it came may be large by now; alone it goes all the same.
    const { room, rows: taken } = this.#batch;
    return rows <= room && (taken === 0 || taken + rows <= this.#batchRows);
  }

  #seat(waiting: Waiting): void {
    const from = this.#batch.rows;
    try {
      waiting.request.fill(this.#batch);
    } catch (error) {
      waiting.reject(error);
      return;
    }
    this.#seated.push({ ...waiting, from });
  }

  #start(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    void this.#pump();
  }

  /** Never rejects: every failure is an answer to those whom it concerns. */
  async #pump(): Promise<void> {
    for (;;) {
      // What else this turn of the event loop brings joins in.
      await new Promise((resolve) => setImmediate(resolve));
      this.#seatQueued();
      if (this.#seated.length > 0) await this.#runBatch();
      const large = this.#large.peek();
      if (large !== undefined) await this.#runPiece(large);
      if (this.#seated.length === 0 && this.#queue.isEmpty && this.#large.isEmpty) break;
    }
    this.#isPumping = false;
  }

  /** Requests that waited take the places that are left, in their clients' turns. */
  #seatQueued(): void {
    for (;;) {
      const next = this.#queue.peek();
      if (next === undefined || !this.#fits(next.request)) return;
      this.#queue.take();
      if (next.request.deadline <= performance.now()) next.reject(deadlineExceeded());
      else this.#seat(next);
    }
  }

  async #runBatch(): Promise<void> {
    const batch = this.#batch;
    const seated = this.#withoutExpired(this.#seated);
    this.#batch = this.#spare.pop() ?? new RowBatch(this.#servable.encoder.inputs, this.#maxRows);
    this.#seated = [];
    if (seated.length > 0) {
      try {
        const { columns, graphMs } = await this.#compute(batch.view());
        for (const { request, from, resolve } of seated) {
          const { rows, witness } = request;
          witness?.({ inputs: batch.inputs, inputRow: from, columns, outputRow: from, rows });
          resolve({ columns, from, to: from + rows, graphMs });
        }
      } catch (error) {
        if (seated.length === 1) seated[0]!.reject(error);
        else for (const member of seated) await this.#runAlone(batch, member);
      }
    }
    batch.clear();
    if (this.#spare.length < SPARE_BATCHES) this.#spare.push(batch);
  }

  async #runAlone(batch: RowBatch, { request, from, resolve, reject }: Seated): Promise<void> {
    try {
      const { columns, graphMs } = await this.#compute(batch.view(from, from + request.rows));
      const { rows, witness } = request;
      witness?.({ inputs: batch.inputs, inputRow: from, columns, outputRow: 0, rows });
      resolve({ columns, from: 0, to: rows, graphMs });
    } catch (error) {
      reject(error);
    }
  }

  async #runPiece(run: LargeRun): Promise<void> {
    if (run.deadline <= performance.now()) {
      this.#large.take();
      run.reject(deadlineExceeded());
      return;
    }
    try {
      const piece = run.next(this.#rowsWithin(MAX_PIECE_ROWS));
      if (run.accept(await this.#compute(piece))) this.#large.take();
      else this.#large.pass();
    } catch (error) {
      this.#large.take();
      run.reject(error);
    }
  }

  async #compute(rows: EncodedRows): Promise<GraphAnswer> {
    this.#isComputing = true;
    let answer: GraphAnswer;
    try {
      answer = await callGraph(this.#servable, rows);
    } finally {
      this.#isComputing = false;
    }
    this.#rowCost.add(answer.graphMs / rows.rows);
    this.#observer?.observe(this.#servable, rows, answer.columns);
    return answer;
  }

  /** Takes the rows of those who wait no longer out of the batch. */
  #withoutExpired(seated: readonly Seated[]): readonly Seated[] {
    const now = performance.now();
    if (!seated.some(({ request }) => request.deadline <= now)) return seated;
    const left: Seated[] = [];
    let removed = 0;
    for (const member of seated) {
      member.from -= removed;
      if (member.request.deadline > now) left.push(member);
      else {
        this.#batch.remove(member.from, member.request.rows);
        removed += member.request.rows;
        member.reject(deadlineExceeded());
      }
    }
    return left;
  }
}
