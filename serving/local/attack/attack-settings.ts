import { z } from 'zod';
import type { Ramp } from './ramp.js';
import type { Mixture } from './messages.js';

const rate = (fallback: number) => z.coerce.number().positive().max(100_000).default(fallback);
const bytes = (fallback: number) => z.coerce.number().int().min(0).max(900_000).default(fallback);
const share = z.coerce.number().min(0).max(1).default(0);
/** Make passes an unset variable as an empty string. */
const list = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((entry) => entry.trim() || []));

/** To be spread into the variables of the platform. Both ceilings are always there. */
export const attackVariables = z.object({
  ATTACK_PORT: z.coerce.number().int().min(1).max(65_535).default(8086),
  /** Messages a second at the start, what each step adds, and how long a step is. */
  START_RATE: rate(50),
  STEP_RATE: rate(50),
  STEP_SECONDS: z.coerce.number().positive().max(3_600).default(10),
  /** The rate rises no further. */
  MAX_RATE: rate(1_000),
  /** Then it is over, whatever was seen. */
  MAX_SECONDS: z.coerce.number().positive().max(3_600).default(180),
  /** A message is padded with blanks to this size; 0: as long as its row is. */
  MESSAGE_BYTES: bytes(0),
  /** Shares of messages that are no JSON, and that are longer than the stream takes. */
  MALFORMED_SHARE: share,
  OVERSIZED_SHARE: share,
  OVERSIZED_BYTES: bytes(128 * 1024),
  /** `one`: all messages in one partition. */
  KEYS: z
    .enum(['many', 'one', ''])
    .default('many')
    .transform((value) => value || 'many'),
  /** `host:port,...`; the broker of this machine when empty. */
  ATTACK_BROKERS: list,
  /** Hosts beside those of this machine that may be attacked. */
  ALLOW_TARGET: list,
  ATTACK_TOPIC: z
    .string()
    .default('')
    .transform((value) => value || 'credit-applications'),
});

export interface AttackSettings {
  readonly ramp: Ramp;
  readonly mixture: Mixture;
  /** Empty: the broker of this machine. */
  readonly brokers: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly topic: string;
}

export function attackSettings(raw: z.infer<typeof attackVariables>): AttackSettings {
  return {
    ramp: {
      startRate: Math.min(raw.START_RATE, raw.MAX_RATE),
      stepRate: raw.STEP_RATE,
      stepSeconds: raw.STEP_SECONDS,
      maxRate: raw.MAX_RATE,
      maxSeconds: raw.MAX_SECONDS,
    },
    mixture: {
      malformedShare: raw.MALFORMED_SHARE,
      oversizedShare: raw.OVERSIZED_SHARE,
      messageBytes: raw.MESSAGE_BYTES,
      oversizedBytes: raw.OVERSIZED_BYTES,
      keys: raw.KEYS,
    },
    brokers: raw.ATTACK_BROKERS,
    allowedHosts: raw.ALLOW_TARGET,
    topic: raw.ATTACK_TOPIC,
  };
}
