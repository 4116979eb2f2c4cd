import { z } from 'zod';
import { UnreadableHistoryError } from '../promotion/move.js';
import type { Phase } from './decide.js';
import { planSchema, type Plan } from './plan.js';

const PHASES = ['shadow', 'canary', 'baking'] as const satisfies readonly Phase[];
const DECISIONS = [
  ...(['begin', 'pause', 'resume', 'advance', 'promote', 'complete', 'abort', 'rollback'] as const),
] as const;
/** Also names of what is compared. */
export const CAUSES = ['errors', 'latency', 'score_shift', 'label_flips', 'quality'] as const;

const headerSchema = z.object({
  version: z.string(),
  digest: z.string(),
  champion: z.string(),
  begin: z.enum(PHASES),
  by: z.string(),
  approved_by: z.string().nullable(),
  at: z.iso.datetime(),
  plan: planSchema,
});
const lineSchema = z.object({
  at: z.iso.datetime(),
  decision: z.enum(DECISIONS),
  /** Where it leads: of `advance`, the next step. */
  phase: z.enum(PHASES),
  percent: z.number().nullable(),
  reason: z.string(),
  cause: z.enum(CAUSES).nullable(),
  numbers: z.array(z.unknown()),
});
const doneSchema = z.object({
  at: z.iso.datetime(),
  /**
   * `refused`: champion could not be moved, and says why. `not-served`: it was moved, and not every replica followed.
   */
  outcome: z.enum(['done', 'refused', 'not-served']),
  detail: z.string().default(''),
  /** How long after its line every replica was seen serving what it made champion, and how many those were. */
  served_after_seconds: z.number().nullable().default(null),
  replicas: z.number().nullable().default(null),
});

/** What a rollout was begun with. */
export interface RolloutHeader {
  readonly version: string;
  readonly digest: string;
  /** That it is held against, and goes back to. */
  readonly champion: string;
  readonly begin: Phase;
  readonly by: string;
  readonly approvedBy: string | undefined;
  readonly at: string;
  readonly plan: Plan;
}

export type Done = z.infer<typeof doneSchema>;
export type RolloutLine = z.infer<typeof lineSchema> & {
  readonly number: number;
  /** What became of what the line decided; undefined: it is not finished. */
  readonly done: Done | undefined;
};

/** One version on its way, and every decision about it. */
export interface Rollout extends RolloutHeader {
  /** From 1 on, without gaps. */
  readonly number: number;
  readonly lines: readonly RolloutLine[];
}

export function rolloutKey(rollout: number): string {
  return `rollout-${slot(rollout)}`;
}

export function lineKey(rollout: number, line: number): string {
  return `${rolloutKey(rollout)}-${slot(line)}`;
}

export function lineDoneKey(rollout: number, line: number): string {
  return `${lineKey(rollout, line)}-done`;
}

/** @param id makes two that say the same differ, so that only one of their writers takes the slot */
export function encodeHeader({ approvedBy, ...header }: RolloutHeader, id: string): string {
  return JSON.stringify({ id, ...header, approved_by: approvedBy ?? null });
}

/** @param id see `encodeHeader` */
export function encodeRolloutLine(line: Omit<RolloutLine, 'number' | 'done'>, id: string): string {
  return JSON.stringify({ id, ...line });
}

export function encodeDone(done: Done): string {
  return JSON.stringify(done);
}

/**
 * @param records as `PromotionRecords.readAll` gives them; keys of other forms are left alone
 * @throws {UnreadableHistoryError} rather than decide on a part of what was decided
 */
export function rolloutsIn(records: ReadonlyMap<string, string>): readonly Rollout[] {
  const rollouts: Rollout[] = [];
  for (let number = 1; records.has(rolloutKey(number)); number += 1) {
    const { approved_by: approvedBy, ...header } = read(rolloutKey(number), headerSchema);
    rollouts.push({ ...header, approvedBy: approvedBy ?? undefined, number, lines: linesOf(number) });
  }
  return rollouts;

  function linesOf(rollout: number): readonly RolloutLine[] {
    const lines: RolloutLine[] = [];
    for (let number = 1; records.has(lineKey(rollout, number)); number += 1) {
      const line = read(lineKey(rollout, number), lineSchema);
      const doneAs = lineDoneKey(rollout, number);
      lines.push({ ...line, number, done: records.has(doneAs) ? read(doneAs, doneSchema) : undefined });
    }
    return lines;
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
