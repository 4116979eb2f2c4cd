import { z } from 'zod';

/** What the comparison of live traffic with its reference may cost and what it calls drift: variables of the environment, which config.ts reads. */
export const driftVariables = z.object({
  /** Rows that each process counts a second; traffic beyond it is sampled. 0 switches the measurement off. Higher: CPU, about a microsecond a row of 23 features. */
  DRIFT_ROWS_PER_SECOND: z.coerce.number().int().nonnegative().max(100_000).default(1_000),
  /** Traffic of this long is compared with the reference. Shorter: noisier. Longer: drift is seen later, and lasts longer in the window. */
  DRIFT_WINDOW_MINUTES: z.coerce.number().positive().max(10_080).default(60),
  /** Fewer rows in the window are not compared. Too few: noise looks like drift. Too many: quiet models are never compared. */
  DRIFT_MIN_ROWS: z.coerce.number().int().positive().default(500),
  /** A population stability index above this is drift, until it is below the next one. */
  DRIFT_PSI_UPPER: z.coerce.number().positive().default(0.25),
  /** Above the upper one: the configuration is refused. */
  DRIFT_PSI_LOWER: z.coerce.number().positive().default(0.1),
  /** Features of a model that are compared, in the order of the signature. More: memory, and a series each in four metrics. */
  DRIFT_MAX_FEATURES: z.coerce.number().int().nonnegative().max(10_000).default(200),
});

export interface DriftThresholds {
  /** Above it: drifted. */
  readonly upper: number;
  /** Below it: calm again. Not above `upper`. */
  readonly lower: number;
}

export interface DriftSettings {
  /** Budget of rows that a process counts; 0 switches the measurement off. */
  readonly rowsPerSecond: number;
  readonly windowMs: number;
  /** Rows that a window needs before it is compared; more for columns with many bins. */
  readonly minRows: number;
  /** Of the population stability index. */
  readonly thresholds: DriftThresholds;
  readonly maxFeatures: number;
}

/** @throws {Error} when the thresholds are the wrong way round */
export function driftSettings(raw: z.infer<typeof driftVariables>): DriftSettings {
  if (raw.DRIFT_PSI_LOWER > raw.DRIFT_PSI_UPPER) {
    throw new Error(
      `DRIFT_PSI_LOWER: ${raw.DRIFT_PSI_LOWER} is above DRIFT_PSI_UPPER ${raw.DRIFT_PSI_UPPER}`,
    );
  }
  return {
    rowsPerSecond: raw.DRIFT_ROWS_PER_SECOND,
    windowMs: raw.DRIFT_WINDOW_MINUTES * 60_000,
    minRows: raw.DRIFT_MIN_ROWS,
    thresholds: { upper: raw.DRIFT_PSI_UPPER, lower: raw.DRIFT_PSI_LOWER },
    maxFeatures: raw.DRIFT_MAX_FEATURES,
  };
}
