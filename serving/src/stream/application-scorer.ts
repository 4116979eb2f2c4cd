import type { Logger } from 'pino';
import { messageOf } from '../errors.js';
import type { StreamMetrics } from '../metrics/stream.js';
import { LineBudget } from '../observability/line-budget.js';
import { readApplication, type Application, type Unusable } from './application.js';
import { dispositionOf, isSuspicious, type Failure } from './disposition.js';
import { pause } from './pause.js';
import { deadLetterOf, scoreOf, type Result, type Source } from './results.js';
import { retryDelayMs } from './retry-delay.js';
import { Slots } from './slots.js';
import type { StreamSettings } from './stream-settings.js';
import type { TierAnswer } from './tier-client.js';

const KEY_LINES_PER_SECOND = 1;
const RETRY_LINES_PER_SECOND = 1;
const DEAD_LETTER_LINES_PER_SECOND = 10;

export interface ScorerParts {
  readonly tier: { score(application: Application): Promise<TierAnswer> };
  readonly results: { write(result: Result): Promise<boolean> };
  readonly metrics: StreamMetrics;
  readonly log: Logger;
}

/** Brings one message to its end: a score or a dead letter, written. */
export class ApplicationScorer {
  readonly #settings: Pick<StreamSettings, 'topics' | 'maxMessageBytes' | 'poisonAttempts'>;
  readonly #parts: ScorerParts;
  readonly #requests: Slots;
  readonly #keyLines = new LineBudget(KEY_LINES_PER_SECOND);
  readonly #retryLines = new LineBudget(RETRY_LINES_PER_SECOND);
  readonly #deadLetterLines = new LineBudget(DEAD_LETTER_LINES_PER_SECOND);
  /** By the tier, ever. */
  #scored = 0;

  constructor(
    settings: Pick<StreamSettings, 'topics' | 'maxMessageBytes' | 'poisonAttempts' | 'maxInFlight'>,
    parts: ScorerParts,
  ) {
    this.#settings = settings;
    this.#parts = parts;
    this.#requests = new Slots(settings.maxInFlight);
  }

  /**
   * @param unwanted that nobody waits for the result any more: it is not tried again
   * @returns whether its result is written
   */
  async settle(source: Source, unwanted: AbortSignal): Promise<boolean> {
    const application = readApplication(source, this.#settings.maxMessageBytes);
    if ('reason' in application) return this.#bury(source, application);
    let failures = 0;
    let failuresAmongSuccesses = 0;
    let scoredBefore = this.#scored;
    for (;;) {
      const answer = await this.#ask(application, unwanted);
      if (answer === undefined) return false;
      if (answer.kind === 'scored') {
        this.#scored += 1;
        return this.#keep(source, application, answer);
      }
      failures += 1;
      if (isSuspicious(answer) && (failures === 1 || this.#scored > scoredBefore))
        failuresAmongSuccesses += 1;
      scoredBefore = this.#scored;
      const next = dispositionOf(answer, failuresAmongSuccesses, this.#settings.poisonAttempts);
      if (next.do === 'dead-letter') {
        return this.#bury(source, { reason: next.reason, detail: detailOf(answer, failures) }, application);
      }
      this.#parts.metrics.retried(next.reason);
      this.#tellRetry(application, answer, failures);
      // Its slot is free meanwhile: messages that the tier fails on must not keep out those that it would answer.
      await pause(retryDelayMs(failures, next.notBeforeSeconds, Math.random()), unwanted);
    }
  }

  /** @returns undefined: nobody wants to know */
  async #ask(application: Application, unwanted: AbortSignal): Promise<TierAnswer | undefined> {
    await this.#requests.take();
    try {
      return unwanted.aborted ? undefined : await this.#parts.tier.score(application);
    } catch (error) {
      // Only the key's file can do this.
      const withheld = this.#keyLines.take();
      if (withheld !== undefined) {
        this.#parts.log.error({ cause: messageOf(error), withheld }, 'the API key can not be used');
      }
      return { kind: 'unreachable' };
    } finally {
      this.#requests.release();
    }
  }

  async #keep(
    source: Source,
    application: Application,
    answer: Extract<TierAnswer, { kind: 'scored' }>,
  ): Promise<boolean> {
    const { results, metrics, log } = this.#parts;
    const isWritten = await results.write(
      scoreOf(source, application, answer, this.#settings.topics, new Date()),
    );
    if (!isWritten) return false;
    metrics.scored((Date.now() - source.timestampMs) / 1_000);
    log.debug({ request_id: application.requestId, version: answer.version }, 'scored');
    return true;
  }

  async #bury(source: Source, unusable: Unusable, application?: Application): Promise<boolean> {
    const { results, metrics, log } = this.#parts;
    const { topics, maxMessageBytes } = this.#settings;
    if (!(await results.write(deadLetterOf(source, unusable, topics, maxMessageBytes)))) return false;
    metrics.deadLettered(unusable.reason);
    const withheld = this.#deadLetterLines.take();
    if (withheld !== undefined) {
      const { partition, offset } = source;
      const { reason, detail } = unusable;
      log.warn(
        { request_id: application?.requestId, reason, detail, partition, offset, withheld },
        'a message went to the dead letters',
      );
    }
    return true;
  }

  #tellRetry({ requestId }: Application, answer: Failure, failures: number): void {
    const withheld = this.#retryLines.take();
    if (withheld === undefined) return;
    this.#parts.log.warn(
      { request_id: requestId, ...answer, failures, withheld },
      'the tier did not score an application; it is asked again',
    );
  }
}

/** The tier's codes are a closed set, and its details may name features: only the former are told. */
function detailOf(failure: Failure, failures: number): string {
  const said =
    failure.kind === 'answered'
      ? `${failure.status} ${failure.code ?? 'without a code of the tier'}`
      : failure.kind;
  return failures === 1 ? `the tier: ${said}` : `the tier: ${said}; failure ${failures} of this message`;
}
