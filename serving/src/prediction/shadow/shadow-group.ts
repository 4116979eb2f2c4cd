import { RequestError, type RequestErrorCode } from '../../errors.js';
import type { OutputColumn } from '../../servables/onnx-session.js';
import { RowBatch } from '../../servables/row-batch.js';
import type { EncodedRows } from '../../servables/row-encoder.js';
import type { Servable, ServableId } from '../../servables/servable.js';
import type { GraphAnswer } from '../graph-call.js';
import type { InferenceRequest } from '../prediction-service.js';
import { Answers } from './answer-reader.js';
import type { Comparison } from './comparison.js';

/** Told of each request that a shadow could not compute. Must not throw. */
export type ShadowFailed = (
  shadow: ServableId,
  requestId: string,
  code: RequestErrorCode,
  error: unknown,
) => void;

/** A request that the champion has answered. */
export interface ShadowRequest {
  /** As the reply names it. */
  readonly requestId: string;
  readonly request: InferenceRequest;
  readonly comparison: Comparison;
  /** undefined: nothing of it can be compared. */
  readonly champion: Answers | undefined;
  readonly championMs: number;
}

/** A request whose rows are in the group. */
interface Member extends Omit<ShadowRequest, 'request'> {
  readonly from: number;
  readonly to: number;
  readonly shadow: Answers | undefined;
  graphMs: number;
}

const STRING_BYTES_A_CHARACTER = 2;

/**
 * Requests that were answered in one turn of the event loop, laid out as their shadow wants them. The champion has
 * most likely computed them in one call; so does the shadow, and what the two took can be compared.
 *
 * A group that takes too long for one call is computed in pieces. Where a piece with rows of several requests fails,
 * its rows are computed again request by request, so that only those are failures that fail by themselves.
 */
export class ShadowGroup {
  readonly shadow: Servable;
  readonly #failed: ShadowFailed;
  readonly #batch: RowBatch;
  readonly #members: Member[] = [];
  /** Rows that are done, and the first member that is not. */
  #done = 0;
  #next = 0;
  /** Up to this row members are computed one by one. */
  #aloneUntil = 0;

  /** @param capacity rows */
  constructor(shadow: Servable, capacity: number, failed: ShadowFailed) {
    this.shadow = shadow;
    this.#failed = failed;
    this.#batch = new RowBatch(shadow.encoder.inputs, capacity);
  }

  get isDone(): boolean {
    return this.#next === this.#members.length;
  }

  /** Memory of the rows, about. */
  get bytes(): number {
    let bytes = 0;
    for (const data of this.#batch.inputs) {
      if (!Array.isArray(data)) bytes += data.byteLength;
      else for (const text of data) bytes += text.length * STRING_BYTES_A_CHARACTER;
    }
    return bytes;
  }

  /** Checks and lays out the rows of a request, or counts that the shadow refuses them. */
  add({ request, ...asked }: ShadowRequest): void {
    const from = this.#batch.rows;
    try {
      request.encode(this.shadow.encoder, this.#batch);
    } catch (error) {
      this.#fail(asked, error);
      return;
    }
    const to = this.#batch.rows;
    const shadow = asked.champion && new Answers(to - from);
    this.#members.push({ ...asked, from, to, shadow, graphMs: 0 });
  }

  /** The rows of the next call. @param maxRows at least one */
  piece(maxRows: number): EncodedRows {
    return this.#batch.view(this.#done, this.#pieceEnd(maxRows));
  }

  /** Takes what the graph has answered to a piece. */
  accept({ rows }: EncodedRows, { columns, graphMs }: GraphAnswer): void {
    const from = this.#done;
    const to = from + rows;
    for (let i = this.#next; i < this.#members.length && this.#members[i]!.from < to; i += 1) {
      take(this.#members[i]!, columns, from, to, graphMs);
      if (this.#members[i]!.to <= to) this.#next = i + 1;
    }
    this.#done = to;
  }

  /** Takes that the graph could not compute a piece. */
  refuse({ rows }: EncodedRows, error: unknown): void {
    const member = this.#members[this.#next]!;
    const to = this.#done + rows;
    if (to > member.to) {
      this.#aloneUntil = to;
      return;
    }
    this.#fail(member, error);
    this.#done = member.to;
    this.#next += 1;
  }

  /** Counts what is not done as dropped. */
  drop(): void {
    for (const { comparison, from, to } of this.#members.slice(this.#next)) {
      comparison.series.dropped('busy', to - from);
    }
    this.#next = this.#members.length;
  }

  #fail({ comparison, requestId }: Pick<ShadowRequest, 'comparison' | 'requestId'>, error: unknown): void {
    const code = error instanceof RequestError ? error.code : 'PREDICTION_FAILED';
    comparison.series.failed(code);
    this.#failed(this.shadow.id, requestId, code, error);
  }

  #pieceEnd(maxRows: number): number {
    const end = Math.min(this.#batch.rows, this.#done + maxRows);
    return this.#done < this.#aloneUntil ? Math.min(end, this.#members[this.#next]!.to) : end;
  }
}

function take(
  member: Member,
  columns: readonly OutputColumn[],
  from: number,
  to: number,
  graphMs: number,
): void {
  const { comparison, champion, shadow, championMs } = member;
  member.graphMs += graphMs;
  const [first, end] = [Math.max(from, member.from), Math.min(to, member.to)];
  if (shadow !== undefined) {
    comparison.shadowAnswers(columns, first - from, end - from, shadow, first - member.from);
  }
  if (member.to > to) return;
  comparison.count(member.to - member.from, champion, shadow);
  comparison.series.took(member.graphMs / 1_000, championMs / 1_000);
}
