import { z } from 'zod';

/** To be spread into the variables of the platform. */
export const chaosVariables = z.object({
  /** Names of those that are played, comma separated; all where there is none. */
  SCENARIOS: z
    .string()
    .default('')
    .transform((value) => value.split(/[\s,]+/).filter((name) => name !== '')),
  /** Whether the report goes where it can be committed, too. */
  COMMIT_REPORT: z
    .string()
    .default('')
    .transform((value) => /^(1|true|yes)$/i.test(value)),
});

export type ChaosSettings = ReturnType<typeof chaosSettings>;

export function chaosSettings(raw: z.infer<typeof chaosVariables>) {
  return { scenarios: raw.SCENARIOS, commitReport: raw.COMMIT_REPORT };
}
