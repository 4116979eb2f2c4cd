interface Choice {
  /** Shares of the canary; unless given, those of the shipped plan. */
  readonly percents?: readonly number[];
  readonly minMinutes?: number;
  /** The share of decisions that may differ from the champion's. */
  readonly labelFlips?: number;
}

/** A plan of a rollout that is as quick as a scrape a second allows, as a file has it. */
export function quickRolloutPlan({ percents, minMinutes = 0.05, labelFlips = 0.2 }: Choice = {}): string {
  const phase = { min_samples: 200, min_minutes: minMinutes, max_minutes: 5 };
  return JSON.stringify({
    shadow: phase,
    canary: { ...phase, percents },
    baking: { ...phase, baseline_minutes: 1 },
    limits: {
      error_rate: 0.2,
      slow_seconds: 2.5,
      slow_share: 0.2,
      score_shift: 0.15,
      label_flips: labelFlips,
    },
  });
}
