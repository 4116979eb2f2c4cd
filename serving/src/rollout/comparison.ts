import type { Quarantine } from '../registry/traffic-tags.js';
import {
  around,
  differenceOfMeans,
  differenceOfProportions,
  meanInterval,
  proportionInterval,
  type Interval,
  type Mean,
  type Proportion,
} from './confidence-sequence.js';
import type { Observed } from './evidence.js';
import type { Plan } from './plan.js';

/** What a comparison is about. It also is the cause of the quarantine that it leads to. */
export type ComparedMetric = Exclude<Quarantine['cause'], 'manual'>;

/**
 * harmful         the whole interval is beyond what is tolerated
 * harmless        the whole interval is within
 * open            more has to be seen
 * not_applicable  there is nothing to compare: no scores, no outcomes
 */
export type ComparisonVerdict = 'harmful' | 'harmless' | 'open' | 'not_applicable';

/** One comparison and its numbers, as they are written down. */
export interface Comparison {
  readonly metric: ComparedMetric;
  readonly verdict: ComparisonVerdict;
  /** How much worse the candidate is; of scores, how much higher. null where nothing can be said yet. */
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** How much is tolerated. */
  readonly limit: number;
  readonly candidate: Proportion | Mean | null;
  readonly baseline: Proportion | Mean | null;
}

/** Comparisons that can go wrong in one phase. */
const COMPARISONS_A_PHASE = 5;

/**
 * Alpha is for a rollout as a whole: a share of it for each comparison of each phase (Bonferroni).
 */
export function alphaOfOne({ alpha, canary }: Plan): number {
  const phases = canary.percents.length + 2;
  return alpha / (phases * COMPARISONS_A_PHASE);
}

export function compare({ candidate, baseline, paired, auc }: Observed, plan: Plan): readonly Comparison[] {
  const { limits } = plan;
  const alpha = alphaOfOne(plan);
  const ofShares = (
    metric: ComparedMetric,
    one: Proportion,
    other: Proportion,
    limit: number,
  ): Comparison => ({
    ...judged(metric, differenceOfProportions(one, other, alpha), limit),
    candidate: one,
    baseline: other,
  });
  return [
    ofShares('errors', candidate.failures, baseline.failures, limits.error_rate),
    ofShares('latency', candidate.slow, baseline.slow, limits.slow_share),
    scoreShift(),
    paired === undefined
      ? absent('label_flips', limits.label_flips)
      : {
          ...judged('label_flips', proportionInterval(paired.flips, alpha), limits.label_flips),
          candidate: paired.flips,
          baseline: null,
        },
    auc === undefined
      ? absent('quality', limits.auc_loss)
      : judged(
          'quality',
          around(
            auc.baseline.value - auc.candidate.value,
            auc.baseline.variance + auc.candidate.variance,
            alpha,
            limits.auc_loss,
          ),
          limits.auc_loss,
        ),
  ];

  /** The same rows say more than rows at the same time, and these more than rows of another time. */
  function scoreShift(): Comparison {
    const limit = limits.score_shift;
    if (paired !== undefined) {
      const interval = meanInterval(paired.difference, alpha, limit);
      return {
        ...judged('score_shift', interval, limit, 'both ways'),
        candidate: paired.difference,
        baseline: null,
      };
    }
    const [one, other] = [candidate.score, baseline.score];
    if (one === undefined && other === undefined) return absent('score_shift', limit);
    const interval =
      one === undefined || other === undefined
        ? { estimate: NaN, lower: -Infinity, upper: Infinity }
        : differenceOfMeans(one, other, alpha, limit);
    return {
      ...judged('score_shift', interval, limit, 'both ways'),
      candidate: one ?? null,
      baseline: other ?? null,
    };
  }
}

function judged(
  metric: ComparedMetric,
  { estimate, lower, upper }: Interval,
  limit: number,
  harm: 'upwards' | 'both ways' = 'upwards',
): Comparison {
  const isBelow = harm === 'upwards' || lower > -limit;
  const isHarmful = lower > limit || (harm === 'both ways' && upper < -limit);
  return {
    metric,
    verdict: isHarmful ? 'harmful' : upper < limit && isBelow ? 'harmless' : 'open',
    estimate: finite(estimate),
    lower: finite(lower),
    upper: finite(upper),
    limit,
    candidate: null,
    baseline: null,
  };
}

function absent(metric: ComparedMetric, limit: number): Comparison {
  return {
    metric,
    verdict: 'not_applicable',
    ...{ estimate: null, lower: null, upper: null, limit, candidate: null, baseline: null },
  };
}

/** As JSON has it. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

const WORDS: Readonly<Record<ComparedMetric, string>> = {
  errors: 'failed requests',
  latency: 'slow answers',
  score_shift: 'scores',
  label_flips: 'decisions that differ',
  quality: 'AUC lost',
};

/** `failed requests +62 % (51 % to 73 %, at most 1 %)` */
export function sentenceOf({
  metric,
  estimate,
  lower,
  upper,
  limit,
}: Pick<Comparison, 'metric' | 'estimate' | 'lower' | 'upper' | 'limit'>): string {
  const isShare = metric === 'errors' || metric === 'latency' || metric === 'label_flips';
  const text = (value: number | null): string => {
    if (value === null) return 'unknown';
    return isShare ? `${round(value * 100, 2)} %` : String(round(value, 4));
  };
  const sign = estimate !== null && estimate >= 0 && metric !== 'label_flips' ? '+' : '';
  const range = lower === null || upper === null ? 'too few rows' : `${text(lower)} to ${text(upper)}`;
  return `${WORDS[metric]} ${sign}${text(estimate)} (${range}; tolerated ${text(limit)})`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
