import { setTimeout as sleep } from 'node:timers/promises';
import type { ShadowMetrics } from '../../metrics/shadow.js';
import type { Servable } from '../../servables/servable.js';
import { callGraph } from '../graph-call.js';
import { RowCost } from '../row-cost.js';
import { Comparison } from './comparison.js';
import { ShadowGroup, type ShadowFailed, type ShadowRequest } from './shadow-group.js';
import type { ShadowOffer, ShadowRunner } from './shadow-runner.js';

/** A request of more rows is no business of a shadow: small ones say as much, and cost less at once. */
const MAX_REQUEST_ROWS = 256;
/** What may wait or be computed: beyond it nothing is taken. */
const MAX_HELD_ROWS = 1_024;
const MAX_HELD_BYTES = 8 * 1024 ** 2;
/** Live work that waits, of what may wait: above it there is no time to spare. Twice as much, and requests are refused. */
const BUSY_SHARE = 1 / 4;
/** Less than this is saved up before there is a pause: timers are no finer. */
const LEAST_OWED_MS = 1;
/** Of the time that was taken. */
const PAUSE_FACTOR = 3;

/** How live requests are doing. */
export interface LiveQueue {
  /** Work that was admitted and is not done, in milliseconds. */
  readonly queuedMs: number;
  /** The most that this has been since it was last nothing. */
  readonly peakMs: number;
}

export interface SpareTimeClock {
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

interface Offered extends ShadowRequest {
  readonly shadow: Servable;
  readonly rows: number;
}

interface Waiting {
  readonly group: ShadowGroup;
  readonly rows: number;
  readonly bytes: number;
}

// Unreferenced: a pause keeps no process alive.
const CLOCK: SpareTimeClock = {
  now: () => performance.now(),
  pause: (ms) => sleep(ms, undefined, { ref: false }),
};

/**
 * Computes for shadows in time that live requests leave over.
 *
 * - Nothing is done before the answer is sent: what a turn of the event loop has answered is taken up in an
 *   immediate, when all of it is written.
 * - Rows are encoded there and then, so that no request's body stays in memory for its shadow; they wait as numbers,
 *   within a bound.
 * - One call of a graph at a time, of no more rows than `MicroBatcher` would take, and after it a pause of three
 *   times what it took: shadows get no more than a quarter of the time, however slow they are.
 * - When live requests queue up, everything that waits is dropped and counted.
 *
 * Servables are borrowed for a call, never held: a version that is no shadow any more retires after the call that is
 * under way, and what waits for it is dropped.
 */
export class SpareTimeShadow implements ShadowRunner {
  readonly #queue: LiveQueue;
  readonly #busyAboveMs: number;
  readonly #metrics: ShadowMetrics;
  readonly #failed: ShadowFailed;
  readonly #clock: SpareTimeClock;
  readonly #comparisons = new WeakMap<Servable, WeakMap<Servable, Comparison>>();
  readonly #costs = new WeakMap<Servable, RowCost>();
  /** In this turn of the event loop, so far. */
  #offered: Offered[] = [];
  #offeredRows = 0;
  /** Laid out and waiting, oldest first; the first may be in the graph. */
  readonly #waiting: Waiting[] = [];
  #waitingRows = 0;
  #waitingBytes = 0;
  #isWorking = false;
  /** Time taken, without a pause so far. */
  #owedMs = 0;

  /** @param maxQueueMs live work that may wait */
  constructor(
    queue: LiveQueue,
    maxQueueMs: number,
    metrics: ShadowMetrics,
    failed: ShadowFailed,
    clock: SpareTimeClock = CLOCK,
  ) {
    this.#queue = queue;
    this.#busyAboveMs = maxQueueMs * BUSY_SHARE;
    this.#metrics = metrics;
    this.#failed = failed;
    this.#clock = clock;
  }

  offer({ shadow, champion, order, request, outputs }: ShadowOffer): void {
    const rows = outputs.to - outputs.from;
    const comparison = this.#comparisonOf(shadow, champion);
    if (request === undefined || rows > MAX_REQUEST_ROWS) {
      comparison.series.dropped('large', rows);
      return;
    }
    if (this.#isBusy || this.#offeredRows + this.#waitingRows + rows > MAX_HELD_ROWS) {
      comparison.series.dropped('busy', rows);
      return;
    }
    if (this.#offered.length === 0) {
      setImmediate(() => {
        this.#endTurn();
      });
    }
    this.#offeredRows += rows;
    this.#offered.push({
      shadow,
      rows,
      requestId: order.requestId,
      request,
      comparison,
      champion: comparison.championAnswers(outputs),
      championMs: outputs.graphMs,
    });
  }

  /** Whether the requests that are answered now were too many at once. */
  get #isBusy(): boolean {
    return this.#queue.peakMs > this.#busyAboveMs;
  }

  /** Lays out what was offered in a turn that is answered now. */
  #endTurn(): void {
    const offered = this.#offered;
    const isBusy = this.#isBusy;
    this.#offered = [];
    this.#offeredRows = 0;
    if (isBusy) {
      for (const { comparison, rows } of offered) comparison.series.dropped('busy', rows);
      return;
    }
    const started = this.#clock.now();
    for (const shadow of new Set(offered.map((each) => each.shadow))) {
      this.#layOut(
        shadow,
        offered.filter((each) => each.shadow === shadow),
      );
    }
    this.#owedMs += this.#clock.now() - started;
    if (this.#isWorking || this.#waiting.length === 0) return;
    this.#isWorking = true;
    void this.#work();
  }

  #layOut(shadow: Servable, offered: readonly Offered[]): void {
    const rows = offered.reduce((sum, each) => sum + each.rows, 0);
    const group = new ShadowGroup(shadow, rows, this.#failed);
    for (const request of offered) group.add(request);
    const { bytes } = group;
    if (this.#waitingBytes + bytes > MAX_HELD_BYTES) {
      group.drop();
      return;
    }
    this.#waiting.push({ group, rows, bytes });
    this.#waitingRows += rows;
    this.#waitingBytes += bytes;
  }

  /** Never rejects: every failure is counted. */
  async #work(): Promise<void> {
    for (;;) {
      // Live requests that came meanwhile are first.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#queue.queuedMs > this.#busyAboveMs) this.#dropWaiting();
      const next = this.#waiting[0]?.group;
      if (next === undefined) break;
      if (next.shadow.state === 'available') await this.#compute(next);
      else next.drop();
      if (next.isDone) this.#forgetFirst();
      if (this.#owedMs < LEAST_OWED_MS) continue;
      const pauseMs = PAUSE_FACTOR * this.#owedMs;
      this.#owedMs = 0;
      await this.#clock.pause(pauseMs);
    }
    this.#isWorking = false;
  }

  /** One call of the graph. */
  async #compute(group: ShadowGroup): Promise<void> {
    const { shadow } = group;
    const { now } = this.#clock;
    const cost = this.#costOf(shadow);
    // A first call of one row tells what a row costs.
    const piece = group.piece(cost.rowsOfACall(MAX_REQUEST_ROWS) ?? 1);
    const started = now();
    const handle = shadow.acquire();
    try {
      const answer = await callGraph(shadow, piece, now);
      this.#owedMs += answer.graphMs;
      cost.add(answer.graphMs / piece.rows);
      group.accept(piece, answer);
    } catch (error) {
      this.#owedMs += now() - started;
      group.refuse(piece, error);
    } finally {
      handle.release();
    }
  }

  #dropWaiting(): void {
    while (this.#waiting.length > 0) {
      this.#waiting[0]!.group.drop();
      this.#forgetFirst();
    }
  }

  #forgetFirst(): void {
    const { rows, bytes } = this.#waiting.shift()!;
    this.#waitingRows -= rows;
    this.#waitingBytes -= bytes;
  }

  #comparisonOf(shadow: Servable, champion: Servable): Comparison {
    let ofShadow = this.#comparisons.get(shadow);
    if (ofShadow === undefined) {
      ofShadow = new WeakMap();
      this.#comparisons.set(shadow, ofShadow);
    }
    let comparison = ofShadow.get(champion);
    if (comparison === undefined) {
      comparison = new Comparison(shadow, champion, this.#metrics);
      ofShadow.set(champion, comparison);
    }
    return comparison;
  }

  #costOf(shadow: Servable): RowCost {
    let cost = this.#costs.get(shadow);
    if (cost === undefined) {
      cost = new RowCost();
      this.#costs.set(shadow, cost);
    }
    return cost;
  }
}
