import type { Logger } from 'pino';
import { messageOf } from '../errors.js';
import type { LoggedRowResult } from '../metrics/feedback.js';
import type { ComputedRows } from '../servables/computed-rows.js';
import type { Servable } from '../servables/servable.js';
import { CapturedRows } from './captured-rows.js';
import { PredictionLines } from './prediction-lines.js';
import type { RecordSink } from './record-sink.js';
import { RequestSampler, type RequestSamplerOptions } from './request-sampler.js';

export interface PredictionLogOptions extends RequestSamplerOptions {
  /** Names of features that are never written. */
  readonly redacted: readonly string[];
  /** Memory of rows that wait to be written; more rows are dropped. */
  readonly queueBytes: number;
}

/** What the log counts. */
export interface PredictionLogCounts {
  rows(result: LoggedRowResult, count: number): void;
  written(bytes: number): void;
}

/** Copies of one servable's rows, and how they are written. */
interface Page {
  readonly lane: Lane;
  readonly captured: CapturedRows;
  readonly lines: PredictionLines;
}

/** What one servable answers. */
interface Lane {
  readonly servable: Servable;
  readonly alias: string;
  /** Being filled. */
  open: Page | undefined;
  readonly spare: Page[];
}

/** Rows are written this long after they were answered, or earlier when there are many. */
const FLUSH_MS = 200;
/** Pages kept for reuse: one is filled while another is written. */
const SPARE_PAGES = 2;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** A disk that stays full is one line a minute. */
const COMPLAINT_INTERVAL_MS = 60_000;

/**
 * Keeps a sample of what was predicted, with the features as the model saw them. A request pays for a copy of its
 * numbers; their text is made and written later, a page at a time, between other things.
 *
 * Nothing of it ever fails a request: what can't be kept is dropped and counted. After a failure the log pauses,
 * each time longer, and goes on by itself when the sink does.
 */
export class PredictionLog {
  readonly #sink: RecordSink;
  readonly #options: PredictionLogOptions;
  readonly #counts: PredictionLogCounts;
  readonly #log: Logger;
  readonly #redacted: ReadonlySet<string>;
  readonly #sampler: RequestSampler;
  readonly #lanes = new WeakMap<Servable, Lane>();
  /** Lanes with an open page. */
  readonly #open = new Set<Lane>();
  /** Full, or due. */
  readonly #due: Page[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #failures = 0;
  #retryAtMs = 0;
  #isClosing = false;
  #droppedRows = 0;
  #complainedAtMs = -Infinity;

  constructor(sink: RecordSink, options: PredictionLogOptions, counts: PredictionLogCounts, log: Logger) {
    this.#sink = sink;
    this.#options = options;
    this.#counts = counts;
    this.#log = log;
    this.#redacted = new Set(options.redacted);
    this.#sampler = new RequestSampler(options);
  }

  /** Memory of rows that wait to be written, about. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** For the prediction service: copies what is to be kept of a request. */
  record(servable: Servable, alias: string, requestId: string, computed: ComputedRows): void {
    try {
      this.#record(servable, alias, requestId, computed);
    } catch (error) {
      // Whatever is wrong with it, the request has its answer.
      this.#drop('write_failed', computed.rows, messageOf(error));
    }
  }

  /** Writes what is left. Nothing is recorded any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#retryAtMs = 0;
    await this.#writing;
    clearTimeout(this.#timer);
    this.#flush();
    await this.#writing;
    await this.#sink.close();
  }

  #record(servable: Servable, alias: string, requestId: string, computed: ComputedRows): void {
    const { rows } = computed;
    const nowMs = Date.now();
    const chosen = this.#sampler.pick(requestId, rows, nowMs);
    if (chosen === undefined) {
      this.#counts.rows('not_sampled', rows);
      return;
    }
    const { first, stride, weight } = chosen;
    const lane = this.#laneOf(servable, alias);
    let kept = 0;
    let position = first;
    for (; position < rows && this.#queuedBytes < this.#options.queueBytes; position += stride) {
      const { captured } = (lane.open ??= this.#openPage(lane, computed));
      const before = captured.bytes;
      captured.add(computed, position, requestId, weight, nowMs);
      this.#queuedBytes += captured.bytes - before;
      kept += 1;
      if (captured.isFull) this.#closePage(lane);
    }
    const chosenRows = Math.ceil((rows - first) / stride);
    if (chosenRows < rows) this.#counts.rows('not_sampled', rows - chosenRows);
    if (kept < chosenRows) this.#drop('queue_full', chosenRows - kept);
    this.#timer ??= setTimeout(this.#flush, FLUSH_MS).unref();
  }

  #laneOf(servable: Servable, alias: string): Lane {
    let lane = this.#lanes.get(servable);
    if (lane === undefined) {
      lane = { servable, alias, open: undefined, spare: [] };
      this.#lanes.set(servable, lane);
    }
    return lane;
  }

  #openPage(lane: Lane, { columns }: ComputedRows): Page {
    this.#open.add(lane);
    const spare = lane.spare.pop();
    if (spare !== undefined) return spare;
    const { id, encoder, manifest } = lane.servable;
    const captured = new CapturedRows(encoder.inputs, columns);
    const source = { id, alias: lane.alias, manifest: manifest! };
    return { lane, captured, lines: new PredictionLines(captured, source, this.#redacted) };
  }

  #closePage(lane: Lane): void {
    this.#due.push(lane.open!);
    lane.open = undefined;
    this.#open.delete(lane);
    this.#write();
  }

  readonly #flush = (): void => {
    this.#timer = undefined;
    for (const lane of this.#open) this.#closePage(lane);
    this.#write();
  };

  #write(): void {
    if (this.#writing !== undefined || this.#due.length === 0) return;
    const pauseMs = this.#retryAtMs - Date.now();
    if (pauseMs > 0) {
      this.#timer ??= setTimeout(this.#flush, Math.min(pauseMs, LONGEST_PAUSE_MS)).unref();
      return;
    }
    this.#writing = this.#writePages().finally(() => {
      this.#writing = undefined;
      this.#write();
    });
  }

  async #writePages(): Promise<void> {
    // Not in the turn of the request that filled the page.
    await new Promise((resolve) => setImmediate(resolve));
    for (let page = this.#due.shift(); page !== undefined; page = this.#due.shift()) {
      const { lane, captured, lines } = page;
      const { rows, bytes } = captured;
      const records = lines.records();
      let failed = false;
      try {
        this.#counts.written(await this.#sink.write(records));
        this.#counts.rows('written', rows);
        this.#failures = 0;
      } catch (error) {
        failed = true;
        this.#pause();
        this.#drop('write_failed', rows, messageOf(error));
      }
      this.#queuedBytes -= bytes;
      captured.clear();
      if (lane.spare.length < SPARE_PAGES) lane.spare.push(page);
      if (failed && !this.#isClosing) return;
    }
  }

  #pause(): void {
    this.#retryAtMs = Date.now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
  }

  #drop(reason: 'queue_full' | 'write_failed', rows: number, cause?: string): void {
    this.#counts.rows(reason, rows);
    this.#droppedRows += rows;
    const nowMs = performance.now();
    if (nowMs - this.#complainedAtMs < COMPLAINT_INTERVAL_MS) return;
    this.#complainedAtMs = nowMs;
    this.#log.warn(
      { rows: this.#droppedRows, reason, ...(cause !== undefined && { cause }) },
      'rows are missing in the prediction log; requests are answered as ever',
    );
    this.#droppedRows = 0;
  }
}
