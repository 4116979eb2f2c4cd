import { z } from 'zod';

/** Stands for "no version" where a version is expected. */
export const NO_CHAMPION = 'none';

/** Texts that people write into the history are bounded, so that a line always fits into a record. */
export const MAX_NAME_LENGTH = 200;
export const MAX_REASON_LENGTH = 1_000;

const lineSchema = z.object({
  /** Makes two lines that say the same differ, so that only one of their writers takes the slot. */
  id: z.string(),
  action: z.string(),
  from: z.string(),
  to: z.string(),
  at: z.iso.datetime(),
  by: z.string(),
  reason: z.string().default(''),
  approved_by: z.string().nullable().default(null),
  forced: z.boolean().default(false),
  digest: z.string().nullable().default(null),
  blessing_digest: z.string().nullable().default(null),
});
const doneSchema = z.object({ at: z.iso.datetime() });
const servedSchema = z.object({ at: z.iso.datetime(), replicas: z.number().int().positive() });

/** What a line of the history says. */
export interface MoveLine {
  /**
   * `promote` and `rollback`: by this tier's command. `observed`: somebody else had moved the alias, which the next
   * command saw and wrote down.
   */
  readonly action: 'promote' | 'rollback' | 'observed';
  /** Versions, or `none`. */
  readonly from: string;
  readonly to: string;
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
  readonly reason: string;
  readonly approvedBy: string | undefined;
  /** The version had no blessing that counts. */
  readonly forced: boolean;
  readonly digest: string | undefined;
  /** The bytes that the blessing was given to. */
  readonly blessingDigest: string | undefined;
}

/** One move of `champion`, and what became of it. */
export interface Move extends Omit<MoveLine, 'action'> {
  /** From 1 on, without gaps. */
  readonly number: number;
  /** Those of `MoveLine`, or what a later release of this command wrote. */
  readonly action: string;
  /** When the alias was seen where it belongs. undefined: not yet, or another move came first. */
  readonly doneAt: string | undefined;
  /** When every replica was seen serving the version, and how many there were. */
  readonly served: { readonly at: string; readonly replicas: number } | undefined;
}

export function moveKey(number: number): string {
  return `move-${slot(number)}`;
}

export function doneKey(number: number): string {
  return `done-${slot(number)}`;
}

export function servedKey(number: number): string {
  return `served-${slot(number)}`;
}

/** @param id see `lineSchema` */
export function encodeLine({ approvedBy, blessingDigest, digest, ...line }: MoveLine, id: string): string {
  return JSON.stringify({
    id,
    ...line,
    approved_by: approvedBy ?? null,
    digest: digest ?? null,
    blessing_digest: blessingDigest ?? null,
  });
}

/** A record that this command did not write, or a later release wrote otherwise. */
export class UnreadableHistoryError extends Error {
  override readonly name = 'UnreadableHistoryError';
}

/**
 * @param records as `PromotionRecords.readAll` gives them; keys of other forms are left alone
 * @throws {UnreadableHistoryError} rather than decide on a part of the history
 */
export function movesIn(records: ReadonlyMap<string, string>): readonly Move[] {
  const moves: Move[] = [];
  for (let number = 1; records.has(moveKey(number)); number += 1) {
    const {
      approved_by: approvedBy,
      blessing_digest: blessingDigest,
      ...line
    } = read(moveKey(number), lineSchema);
    const done = optional(doneKey(number), doneSchema);
    moves.push({
      number,
      action: line.action,
      from: line.from,
      to: line.to,
      at: line.at,
      by: line.by,
      reason: line.reason,
      approvedBy: approvedBy ?? undefined,
      forced: line.forced,
      digest: line.digest ?? undefined,
      blessingDigest: blessingDigest ?? undefined,
      doneAt: done?.at,
      served: optional(servedKey(number), servedSchema),
    });
  }
  const slots = [...records.keys()].filter((key) => key.startsWith('move-')).length;
  if (slots !== moves.length) {
    throw new UnreadableHistoryError(
      `The promotion history has ${slots} moves, but none of number ${moves.length + 1}`,
    );
  }
  return moves;

  function optional<T extends z.ZodType>(key: string, schema: T): z.infer<T> | undefined {
    return records.has(key) ? read(key, schema) : undefined;
  }

  function read<T extends z.ZodType>(key: string, schema: T): z.infer<T> {
    try {
      return schema.parse(JSON.parse(records.get(key)!));
    } catch (cause) {
      throw new UnreadableHistoryError(`Record ${key} of the promotion history can't be read`, { cause });
    }
  }
}

function slot(number: number): string {
  return String(number).padStart(6, '0');
}
