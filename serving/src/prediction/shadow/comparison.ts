import type { ShadowMetrics, ShadowPairSeries, ShadowSeries } from '../../metrics/shadow.js';
import type { OutputColumn } from '../../servables/onnx-session.js';
import type { Servable } from '../../servables/servable.js';
import type { OutputRows } from '../micro-batcher.js';
import { AnswerReader, Answers } from './answer-reader.js';

/** Holds what a shadow answers against what a champion has answered, and counts. */
export class Comparison {
  readonly series: ShadowSeries;
  readonly #pair: ShadowPairSeries;
  readonly #champion: AnswerReader | undefined;
  readonly #shadow: AnswerReader | undefined;

  constructor(shadow: Servable, champion: Servable, metrics: ShadowMetrics) {
    const { modelName, version } = shadow.id;
    this.series = metrics.ofVersion(modelName, version);
    this.#pair = metrics.ofPair(modelName, version, champion.id.version);
    this.#shadow = AnswerReader.of(shadow.manifest!);
    this.#champion = AnswerReader.of(champion.manifest!);
  }

  /** Copies what the champion says of the rows of a request; undefined: one of the two gives no scores. */
  championAnswers({ columns, from, to }: OutputRows): Answers | undefined {
    if (this.#champion === undefined || this.#shadow === undefined) return undefined;
    const answers = new Answers(to - from);
    this.#champion.read(columns, from, to, answers);
    return answers;
  }

  /** Copies what the shadow says: rows of a call from one up to another, to a place in the answers of a request. */
  shadowAnswers(
    columns: readonly OutputColumn[],
    from: number,
    to: number,
    target: Answers,
    at: number,
  ): void {
    this.#shadow!.read(columns, from, to, target, at);
  }

  /** Counts rows that were computed, and what of them can be compared. */
  count(rows: number, champion: Answers | undefined, shadow: Answers | undefined): void {
    this.#pair.computed(rows);
    let compared = 0;
    if (champion !== undefined && shadow !== undefined) {
      for (let row = 0; row < rows; row += 1) {
        const difference = shadow.scores[row]! - champion.scores[row]!;
        if (!Number.isFinite(difference)) continue;
        compared += 1;
        this.#pair.differs(difference);
        const positive = shadow.positives[row];
        if (positive !== champion.positives[row]) this.#pair.flips(positive === 1 ? 'positive' : 'negative');
      }
    }
    if (compared < rows) this.series.dropped('no_score', rows - compared);
  }
}
