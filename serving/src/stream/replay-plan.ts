import type { KafkaMessage } from 'kafkajs';
import { DEAD_LETTER_REASONS, type DeadLetterReason } from './disposition.js';
import { DEAD_LETTER_HEADERS, replaysOf } from './results.js';

/** What a replay does with a dead letter. */
export const REPLAY_OUTCOMES = [
  /** Back to where it came from. */
  'replayed',
  /** Not all of it is there. */
  'truncated',
  /** It was sent again as often as that is allowed. */
  'exhausted',
  /** It comes from another topic than the one that the stream reads. */
  'foreign',
] as const;
export type ReplayOutcome = (typeof REPLAY_OUTCOMES)[number];

/** @returns undefined: it is no dead letter of the stream's */
export function reasonOf({ headers }: Pick<KafkaMessage, 'headers'>): DeadLetterReason | undefined {
  const reason = String(headers?.[DEAD_LETTER_HEADERS.reason]);
  return DEAD_LETTER_REASONS.find((known) => known === reason);
}

/**
 * @param inputTopic nothing is written to another one, whatever the header says: the dead letters themselves would be
 *   one of those
 */
export function outcomeOf(
  { headers }: Pick<KafkaMessage, 'headers'>,
  inputTopic: string,
  maxReplays: number,
): ReplayOutcome {
  if (headers?.[DEAD_LETTER_HEADERS.truncated] !== undefined) return 'truncated';
  if (String(headers?.[DEAD_LETTER_HEADERS.topic]) !== inputTopic) return 'foreign';
  return replaysOf(headers) >= maxReplays ? 'exhausted' : 'replayed';
}

/**
 * Up to where the dead letters of each reason were dealt with in one partition, so that a replay for one reason
 * does not pass over those of another. Kept as the metadata of the offset that the group commits.
 */
export type ReplayPositions = Readonly<Record<DeadLetterReason, number>>;

/** @param committed offset and metadata as the broker has them; anything else than positions counts as none */
export function readPositions(metadata: string | null | undefined): ReplayPositions {
  let kept: unknown;
  try {
    kept = JSON.parse(metadata ?? '');
  } catch {
    kept = undefined;
  }
  const known = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>;
  const positions = DEAD_LETTER_REASONS.map((reason) => {
    const offset = known[reason];
    return [reason, Number.isSafeInteger(offset) ? Math.max(0, offset as number) : 0];
  });
  return Object.fromEntries(positions) as ReplayPositions;
}

/** @returns the positions when everything before `next` is dealt with for these reasons */
export function advanced(
  positions: ReplayPositions,
  reasons: readonly DeadLetterReason[],
  next: number,
): ReplayPositions {
  const moved = reasons.map((reason) => [reason, Math.max(positions[reason], next)]);
  return { ...positions, ...(Object.fromEntries(moved) as Partial<ReplayPositions>) };
}

/** The first offset that can hold something new for one of these reasons. */
export function earliest(positions: ReplayPositions, reasons: readonly DeadLetterReason[]): number {
  return Math.min(...reasons.map((reason) => positions[reason]));
}
