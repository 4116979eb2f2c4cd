export type MessageKind = 'valid' | 'malformed' | 'oversized';

export const MESSAGE_KINDS: readonly MessageKind[] = ['valid', 'malformed', 'oversized'];

/** What the messages of an attack are like. */
export interface Mixture {
  readonly malformedShare: number;
  readonly oversizedShare: number;
  readonly messageBytes: number;
  readonly oversizedBytes: number;
  readonly keys: 'many' | 'one';
}

export interface AttackMessage {
  readonly kind: MessageKind;
  readonly key: string;
  readonly value: string;
}

/** The kind of the n-th message: shares are kept from the first message on, and evenly, instead of by chance. */
export function kindOf(n: number, { malformedShare, oversizedShare }: Mixture): MessageKind {
  if (isDue(n, malformedShare)) return 'malformed';
  return isDue(n, oversizedShare) ? 'oversized' : 'valid';
}

function isDue(n: number, share: number): boolean {
  return Math.floor((n + 1) * share) > Math.floor(n * share);
}

/**
 * The n-th message of an attack.
 *
 * @param rows as JSON; each is used in turn
 * @param run makes the keys of one attack others than those of the last
 */
export function messageOf(n: number, rows: readonly string[], run: string, mixture: Mixture): AttackMessage {
  const kind = kindOf(n, mixture);
  const row = rows[n % rows.length]!;
  const key = mixture.keys === 'one' ? `attack-${run}` : `attack-${run}-${n}`;
  switch (kind) {
    case 'valid':
      return { kind, key, value: row.padEnd(mixture.messageBytes) };
    case 'malformed':
      return { kind, key, value: row.slice(0, -1).padEnd(mixture.messageBytes) };
    case 'oversized':
      return { kind, key, value: row.padEnd(mixture.oversizedBytes) };
  }
}
