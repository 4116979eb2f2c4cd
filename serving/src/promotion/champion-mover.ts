import { randomUUID } from 'node:crypto';
import { RegistryError, type ModelRegistry } from '../registry/model-registry.js';
import type { PromotionRecords } from '../registry/promotion-records.js';
import {
  doneKey,
  encodeLine,
  moveKey,
  movesIn,
  NO_CHAMPION,
  servedKey,
  type Move,
  type MoveLine,
} from './move.js';
import { standingOf } from './rest.js';

export const CHAMPION = 'champion';
/** Tag that a version keeps for good. */
export const UNBLESSED_TAG = 'promoted_without_blessing';

/** Alias and history when they agree. */
export interface Rest {
  readonly moves: readonly Move[];
  /** `none` where there is no champion. */
  readonly champion: string;
}

/** What is to be written; where from and when is known to the mover. */
export type Intent = Omit<MoveLine, 'from' | 'at'>;

export interface MoveOutcome extends Rest {
  /** undefined: there was nothing to move. */
  readonly move: Move | undefined;
  /** What was found and put in order on the way, a sentence each. */
  readonly notes: readonly string[];
}

/** More than this many others that are faster, one after the other, is something else. */
const MAX_ATTEMPTS = 1_000;

/**
 * Moves `champion` so that two at once don't overwrite each other, and each move is one line of a history.
 *
 * MLflow can't compare and set an alias, but the slots of the history can each be taken once: whoever takes the next
 * slot has the right to move the alias. A move is the line, then the alias, then the mark that it is done. Whoever
 * finds a line without its mark finishes that move first, so that a command may die anywhere.
 */
export class ChampionMover {
  readonly #registry: ModelRegistry;
  readonly #records: PromotionRecords;
  readonly #model: string;
  readonly #now: () => Date;

  constructor(
    registry: ModelRegistry,
    records: PromotionRecords,
    model: string,
    now: () => Date = () => new Date(),
  ) {
    this.#registry = registry;
    this.#records = records;
    this.#model = model;
    this.#now = now;
  }

  /** Alias and history as they are, agreeing or not. */
  async look(): Promise<Rest> {
    // In this order: an alias that is older than the history would look as if somebody had moved it back.
    const moves = movesIn(await this.#records.readAll(this.#model));
    return { moves, champion: await this.#champion() };
  }

  /**
   * @param decide asked with alias and history at rest, and again whenever somebody else was faster; throws to refuse,
   *   and answers undefined where there is nothing to move
   * @throws {RegistryError}, {UnreadableHistoryError} and whatever `decide` throws
   */
  async move(decide: (rest: Rest) => Promise<Intent | undefined>): Promise<MoveOutcome> {
    const notes: string[] = [];
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const rest = await this.#comeToRest(notes);
      const intent = await decide(rest);
      if (intent === undefined) return { ...rest, move: undefined, notes };
      const number = rest.moves.length + 1;
      if (!(await this.#append(number, { ...intent, from: rest.champion }))) continue;
      const moves = await this.#settle();
      return { moves, champion: moves.at(-1)!.to, move: moves[number - 1], notes };
    }
    throw new RegistryError('unreachable', `Others are always faster to move champion of ${this.#model}`);
  }

  /** Writes down that every replica was seen serving the version that this move made champion. */
  async markServed({ number, served }: Move, replicas: number): Promise<void> {
    if (served === undefined) await this.#mark(servedKey(number), { at: this.#time(), replicas });
  }

  async #comeToRest(notes: string[]): Promise<Rest> {
    for (;;) {
      const rest = await this.look();
      const last = rest.moves.at(-1);
      switch (standingOf(rest.moves, rest.champion)) {
        case 'at-rest':
          return rest;
        case 'unfinished':
          await this.#finish(last!, rest.champion, notes);
          break;
        case 'moved-outside':
          await this.#observe(rest, 'the alias was moved without this command', notes);
          break;
      }
    }
  }

  async #finish(last: Move, champion: string, notes: string[]): Promise<void> {
    try {
      await this.#settle();
      if (champion !== last.to) {
        notes.push(`finished what ${last.by} had begun at ${last.at}: ${last.from} -> ${last.to}`);
      }
    } catch (error) {
      if (!(error instanceof RegistryError) || (error.kind !== 'not-found' && error.kind !== 'rejected'))
        throw error;
      // Such as a version that was deleted. Left as it is, every later command would fail over it.
      await this.#observe(
        await this.look(),
        `the move to ${last.to} can't be finished: ${error.message}`,
        notes,
      );
    }
  }

  async #observe({ moves, champion }: Rest, reason: string, notes: string[]): Promise<void> {
    const from = moves.at(-1)?.to ?? NO_CHAMPION;
    if (from === champion) return;
    const line = {
      action: 'observed' as const,
      from,
      to: champion,
      by: 'unknown',
      reason: reason.slice(0, 500),
      approvedBy: undefined,
      forced: false,
      digest: undefined,
      blessingDigest: undefined,
    };
    if (!(await this.#append(moves.length + 1, line))) return;
    await this.#settle();
    notes.push(`champion was ${champion} where the history said ${from}: ${reason}`);
  }

  async #append(number: number, line: Omit<MoveLine, 'at'>): Promise<boolean> {
    return this.#records.writeOnce(
      this.#model,
      moveKey(number),
      encodeLine({ ...line, at: this.#time() }, randomUUID()),
    );
  }

  /**
   * Brings the alias to where the last line says. Looks again after each write to it: whoever has written a line
   * meanwhile may have set the alias before us, and the last line decides.
   */
  async #settle(): Promise<readonly Move[]> {
    for (let { moves, champion } = await this.look(); ;) {
      const last = moves.at(-1)!;
      if (last.forced) await this.#tag(last);
      if (champion !== last.to && last.to !== NO_CHAMPION) {
        await this.#registry.setRegisteredModelAlias(this.#model, CHAMPION, last.to);
      }
      await this.#mark(doneKey(last.number), { at: this.#time() });
      ({ moves, champion } = await this.look());
      if (moves.at(-1)!.number === last.number) return moves;
    }
  }

  async #tag({ to, reason, by, at }: Move): Promise<void> {
    const value = JSON.stringify({ reason, by, at });
    await this.#registry.setModelVersionTag(this.#model, to, UNBLESSED_TAG, value);
  }

  /** That somebody else has written the same mark a moment earlier is as good. */
  async #mark(key: string, mark: object): Promise<void> {
    await this.#records.writeOnce(this.#model, key, JSON.stringify(mark));
  }

  async #champion(): Promise<string> {
    const { aliases } = await this.#registry.getRegisteredModel(this.#model);
    return aliases.get(CHAMPION) ?? NO_CHAMPION;
  }

  #time(): string {
    return this.#now().toISOString();
  }
}
