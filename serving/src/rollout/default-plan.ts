/** What a rollout does where its plan does not say otherwise. Told to people in docs/live-traffic.md. */
export const DEFAULT_PLAN = {
  alpha: 0.05,
  fleet_seconds: 60,
  shadow: { min_samples: 1_000, min_minutes: 10, max_minutes: 1_440 },
  canary: { percents: [5, 25, 50, 100], min_samples: 1_000, min_minutes: 10, max_minutes: 720 },
  baking: { min_samples: 1_000, min_minutes: 60, max_minutes: 1_440, baseline_minutes: 60 },
  limits: {
    error_rate: 0.01,
    slow_seconds: 0.05,
    slow_share: 0.02,
    score_shift: 0.05,
    label_flips: 0.3,
    auc_loss: 0.03,
  },
};
