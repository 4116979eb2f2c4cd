/** What a HorizontalPodAutoscaler is told, as far as it is modelled here. */
export interface ScalingRule {
  readonly min: number;
  readonly max: number;
  /** Share of a replica's CPU limit that replicas are to use on average. */
  readonly targetUtilisation: number;
  /** Fewer replicas only when nothing within this time asked for more. */
  readonly stabilisationMs: number;
}

export interface Recommendation {
  readonly atMs: number;
  readonly replicas: number;
}

/** Kubernetes' `--horizontal-pod-autoscaler-tolerance`. */
const TOLERANCE = 0.1;
/** What a division may be off by in its last bits. */
const ROUNDING = 1e-9;
/** What is assumed of a replica that has no reading, where replicas are to become fewer: that it uses its limit. */
const ASSUMED_WHEN_FALLING = 1;

/**
 * How many replicas the utilisation asks for, by the algorithm of Kubernetes' HorizontalPodAutoscaler:
 * `ceil(current * utilisation / target)`, no change within the tolerance. A replica without a reading counts as idle
 * where there would be more of them and as busy where there would be fewer; when that turns the direction, there is
 * no change.
 *
 * Not modelled: readiness delays and policies of speed, which bounds as narrow as these do not need.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 * @param utilisations of replicas that have a reading, at most `current`; none, or one that is no number: no change
 * @returns within the bounds
 */
export function recommendedReplicas(
  current: number,
  utilisations: readonly number[],
  { min, max, targetUtilisation }: ScalingRule,
): number {
  const bounded = (replicas: number): number => Math.min(max, Math.max(min, replicas));
  if (utilisations.length === 0 || !utilisations.every((value) => Number.isFinite(value) && value >= 0)) {
    return bounded(current);
  }
  const used = utilisations.reduce((sum, value) => sum + value, 0);
  const missing = Math.max(0, current - utilisations.length);
  const ratio = used / utilisations.length / targetUtilisation;
  const assumed = ratio < 1 ? missing * ASSUMED_WHEN_FALLING : 0;
  const count = utilisations.length + missing;
  const cautiousRatio = (used + assumed) / count / targetUtilisation;
  const turned = ratio > 1 !== cautiousRatio > 1;
  if (turned || Math.abs(cautiousRatio - 1) <= TOLERANCE + ROUNDING) return bounded(current);
  return bounded(Math.ceil(cautiousRatio * count - ROUNDING));
}

/**
 * More at once, fewer only when the highest recommendation within the window is lower.
 *
 * @param recommendations all within the window, and the latest one
 */
export function stabilisedReplicas(
  current: number,
  recommendations: readonly Recommendation[],
  nowMs: number,
  { stabilisationMs }: ScalingRule,
): number {
  const latest = recommendations.at(-1)?.replicas ?? current;
  if (latest >= current) return latest;
  const recent = recommendations.filter(({ atMs }) => nowMs - atMs <= stabilisationMs);
  return Math.min(current, Math.max(latest, ...recent.map(({ replicas }) => replicas)));
}
