import { ChampionMover } from '../promotion/champion-mover.js';
import type { Move } from '../promotion/move.js';
import { standingOf, type Standing } from '../promotion/rest.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import type { PromotionRecords } from '../registry/promotion-records.js';
import { markdownCell, markdownTable, textTable } from './table.js';

export interface HistoryEntry {
  readonly move: number;
  readonly at: string;
  readonly action: string;
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly reason: string;
  readonly approved_by: string | null;
  readonly forced: boolean;
  readonly digest: string | null;
  readonly blessing_digest: string | null;
  readonly done_at: string | null;
  readonly served: { readonly at: string; readonly replicas: number } | null;
}

export interface History {
  readonly model: string;
  readonly champion: string;
  readonly standing: Standing;
  /** All there are; `moves` has the latest of them. */
  readonly total: number;
  /** The latest first. */
  readonly moves: readonly HistoryEntry[];
}

/** @param limit moves at most */
export async function historyOf(
  registry: ModelRegistry,
  records: PromotionRecords,
  model: string,
  limit: number,
): Promise<History> {
  const { moves, champion } = await new ChampionMover(registry, records, model).look();
  return {
    model,
    champion,
    standing: standingOf(moves, champion),
    total: moves.length,
    moves: moves.slice(-limit).reverse().map(entryOf),
  };
}

function entryOf({
  number,
  doneAt,
  approvedBy,
  digest,
  blessingDigest,
  served,
  ...rest
}: Move): HistoryEntry {
  const { at, action, from, to, by, reason, forced } = rest;
  return {
    ...{ move: number, at, action, from, to, by, reason, forced },
    approved_by: approvedBy ?? null,
    digest: digest ?? null,
    blessing_digest: blessingDigest ?? null,
    done_at: doneAt ?? null,
    served: served ?? null,
  };
}

const HEADINGS = ['#', 'when', 'what', 'from -> to', 'digest', 'served', 'who', 'why'];
/** Of `sha256:`, and as much of a digest as people compare. */
const DIGEST_LENGTH = 19;

const REMARKS: Readonly<Record<Standing, string>> = {
  'at-rest': '',
  unfinished: '; the last move is not finished: the next promote or rollback finishes it',
  'moved-outside':
    '; the alias was moved without this command, which the next promote or rollback writes down',
};

/** For people: columns, and below them what does not fit the history. */
export function historyTable(history: History): string {
  return [...textTable(HEADINGS, rowsOf(history)), ...remarksOn(history)].join('\n');
}

/** The same as Markdown. */
export function historyPage(history: History): string {
  const remarks = remarksOn(history).map(markdownCell);
  return [
    `### History of ${history.model}`,
    '',
    ...markdownTable(HEADINGS, rowsOf(history)),
    '',
    ...remarks,
  ].join('\n');
}

function rowsOf({ moves }: History): readonly (readonly string[])[] {
  return moves.map((move) => [
    String(move.move),
    move.at.replace(/\.\d+Z$/, 'Z'),
    `${move.action}${move.forced ? ' FORCED' : ''}`,
    `${move.from} -> ${move.to}`,
    move.digest?.slice(0, DIGEST_LENGTH) ?? '-',
    move.served === null ? '-' : `by all ${move.served.replicas}`,
    move.approved_by === null ? move.by : `${move.by}, approved by ${move.approved_by}`,
    move.reason === '' ? '-' : move.reason,
  ]);
}

function remarksOn({ model, champion, standing, total, moves }: History): readonly string[] {
  const more = total > moves.length ? [`... and ${total - moves.length} before`] : [];
  return [...more, `champion of ${model} is ${champion}${REMARKS[standing]}`];
}
