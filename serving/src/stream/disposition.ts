/** Why a message went to the dead letters. */
export const DEAD_LETTER_REASONS = ['malformed', 'oversized', 'rejected', 'poison', 'unexpected'] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** Why the tier is asked again. */
export const RETRY_REASONS = [
  'overloaded',
  'not_ready',
  'denied',
  'failed',
  'timed_out',
  'unreachable',
  'unexpected',
] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

/** What came of one request, other than a score. */
export type Failure =
  /** The tier, or what stands before it, answered. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Of the tier's problem details; undefined: the answer has none, so something else may have answered. */
      readonly code: string | undefined;
      readonly retryAfterSeconds: number | undefined;
    }
  /** There was no connection, so nobody has seen the message. */
  | { readonly kind: 'unreachable' }
  /** The connection ended before the answer: whoever had the message may have died of it. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'timed_out' };

export type Disposition =
  | { readonly do: 'retry'; readonly reason: RetryReason; readonly notBeforeSeconds: number }
  | { readonly do: 'dead-letter'; readonly reason: DeadLetterReason };

interface Judgement {
  readonly reason: RetryReason;
  /** Whether the message itself may be the cause. */
  readonly suspicious: boolean;
}

const OVERLOADED = new Set([408, 425, 429, 503]);
const DENIED = new Set([401, 403, 407]);
/** Nothing is served under this address or name: a matter of configuration or of the registry. */
const NOT_THERE = new Set([404, 405, 409]);

function judge(failure: Failure): Judgement {
  if (failure.kind === 'unreachable') return { reason: 'unreachable', suspicious: false };
  if (failure.kind === 'cut') return { reason: 'unreachable', suspicious: true };
  if (failure.kind === 'timed_out') return { reason: 'timed_out', suspicious: true };
  const { status, code } = failure;
  if (code === 'MODEL_NOT_READY' || NOT_THERE.has(status)) return { reason: 'not_ready', suspicious: false };
  if (OVERLOADED.has(status)) return { reason: 'overloaded', suspicious: false };
  if (DENIED.has(status)) return { reason: 'denied', suspicious: false };
  if (status === 504) return { reason: 'timed_out', suspicious: true };
  if (status >= 500) return { reason: 'failed', suspicious: true };
  return { reason: 'unexpected', suspicious: true };
}

/** Whether the failure may be due to the message: only such failures count towards giving it up. */
export function isSuspicious(failure: Failure): boolean {
  return judge(failure).suspicious;
}

/**
 * What to do with a message that was not scored.
 *
 * A message is rejected only by the tier itself, which says so with a code: any 4xx of a proxy or of a wrong address
 * would otherwise empty the topic into the dead letters. What is not the message's fault is tried again for ever.
 * What may be is given up once the tier has failed on it `poisonAttempts` times while it answered others.
 *
 * @param failuresAmongSuccesses suspicious failures of this message, this one included, that others' scores lie between
 */
export function dispositionOf(
  failure: Failure,
  failuresAmongSuccesses: number,
  poisonAttempts: number,
): Disposition {
  const { reason, suspicious } = judge(failure);
  if (failure.kind === 'answered' && reason === 'unexpected' && failure.code !== undefined) {
    if (failure.status >= 400) return { do: 'dead-letter', reason: 'rejected' };
  }
  if (suspicious && failuresAmongSuccesses >= poisonAttempts) {
    return { do: 'dead-letter', reason: reason === 'unexpected' ? 'unexpected' : 'poison' };
  }
  const notBeforeSeconds = failure.kind === 'answered' ? (failure.retryAfterSeconds ?? 0) : 0;
  return { do: 'retry', reason, notBeforeSeconds };
}
