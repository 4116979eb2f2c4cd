import { z } from 'zod';

/** Make passes an unset variable as an empty string. */
const optionalText = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));

/** To be spread into the variables of the platform. */
export const rolloutVariables = z.object({
  /** `make rollout`: the version; that of the alias `challenger` when empty. */
  VERSION: optionalText,
  /** `make rollout`: a file (YAML or JSON) with what is to be different from the plan of the platform. */
  PLAN: optionalText,
  /** `make rollout`: another one of a version whose rollout is over. */
  AGAIN: optionalText.transform((value) => /^(1|true|yes)$/i.test(value ?? '')),
  /** Instead of the plan that is shipped, for every rollout and baking of this platform. */
  ROLLOUT_PLAN: optionalText,
  /** How the pipeline promotes: `direct`, `rollout`, or `ci`; the DAG's own default when empty. */
  PROMOTION: optionalText.pipe(z.enum(['direct', 'rollout', 'ci']).optional()),
});

export type RolloutSettings = ReturnType<typeof rolloutSettings>;

/** @param resolve from the folder of the project */
export function rolloutSettings(values: z.infer<typeof rolloutVariables>, resolve: (file: string) => string) {
  return {
    version: values.VERSION,
    again: values.AGAIN,
    planFile: values.PLAN && resolve(values.PLAN),
    platformPlanFile: values.ROLLOUT_PLAN && resolve(values.ROLLOUT_PLAN),
    promotion: values.PROMOTION,
  };
}
