import { parse } from 'yaml';
import { z } from 'zod';
import { PREDICTION_DURATION_BOUNDS } from '../metrics/predictions.js';
import { percentSchema } from '../registry/traffic-tags.js';
import { DEFAULT_PLAN } from './default-plan.js';

const samples = z.number().int().min(1);
const minutes = z
  .number()
  .positive()
  .max(60 * 24 * 90);
/** A share of requests or rows, or a distance of scores: what is tolerated lies between nothing and everything. */
const share = z.number().positive().max(1);

const lasting = { min_samples: samples, min_minutes: z.number().min(0), max_minutes: minutes };
const isOrdered = (phase: { readonly min_minutes: number; readonly max_minutes: number }): boolean =>
  phase.min_minutes < phase.max_minutes;
const NOT_ORDERED = { error: 'min_minutes must be less than max_minutes' };

const shadowSchema = withDefaults(lasting, DEFAULT_PLAN.shadow).refine(isOrdered, NOT_ORDERED);
const canarySchema = withDefaults(
  {
    percents: z
      .array(percentSchema.positive())
      .min(1)
      .max(20)
      .refine((steps) => steps.every((step, i) => i === 0 || step > steps[i - 1]!), {
        error: 'each step must be more than the one before',
      }),
    ...lasting,
  },
  DEFAULT_PLAN.canary,
).refine(isOrdered, NOT_ORDERED);
const bakingSchema = withDefaults({ ...lasting, baseline_minutes: minutes }, DEFAULT_PLAN.baking).refine(
  isOrdered,
  NOT_ORDERED,
);
const limitsSchema = withDefaults(
  {
    error_rate: share,
    slow_seconds: z.number().refine((seconds) => PREDICTION_DURATION_BOUNDS.includes(seconds), {
      error: `must be a bound of serving_prediction_duration_seconds: ${PREDICTION_DURATION_BOUNDS.join(', ')}`,
    }),
    slow_share: share,
    score_shift: share,
    label_flips: share,
    auc_loss: share,
  },
  DEFAULT_PLAN.limits,
);

/** How a version is taken through its phases, and what is tolerated. Members that are left out are the default's. */
export const planSchema = z.strictObject({
  alpha: z.number().positive().max(0.5).default(DEFAULT_PLAN.alpha),
  fleet_seconds: z.number().positive().max(3_600).default(DEFAULT_PLAN.fleet_seconds),
  shadow: shadowSchema.prefault({}),
  canary: canarySchema.prefault({}),
  baking: bakingSchema.prefault({}),
  limits: limitsSchema.prefault({}),
});

export type Plan = Readonly<z.infer<typeof planSchema>>;

/** A plan that can't be followed: a sentence on each member that is wrong. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/**
 * @param text YAML, of which JSON is a part
 * @throws {PlanError}
 */
export function readPlan(text: string): Plan {
  let document: unknown;
  try {
    document = parse(text) ?? {};
  } catch (cause) {
    throw new PlanError('The plan is neither YAML nor JSON', { cause });
  }
  const plan = planSchema.safeParse(document);
  if (plan.success) return plan.data;
  const problems = plan.error.issues.map(({ path, message }) => `${path.join('.') || 'plan'}: ${message}`);
  throw new PlanError(`The plan can't be followed: ${problems.join('; ')}`);
}

function withDefaults<T extends Readonly<Record<string, z.ZodType>>>(
  shape: T,
  defaults: { readonly [K in keyof T]: z.output<T[K]> },
) {
  const entries = Object.entries(shape).map(([key, schema]) => [
    key,
    schema.prefault(defaults[key] as never),
  ]);
  return z.strictObject(Object.fromEntries(entries) as { [K in keyof T]: z.ZodPrefault<T[K]> });
}
