import type { Quarantine } from '../registry/traffic-tags.js';
import type { Mean, Proportion } from './confidence-sequence.js';

/** What was counted of one version in one window, over all replicas. */
export interface VersionCounts {
  /** Of all attempts to answer a request, those that failed, also where another version answered then. */
  readonly failures: Proportion;
  /** Of the answers, those that took longer than the plan's threshold. */
  readonly slow: Proportion;
  /** undefined: the model has no score, or nothing was scored. */
  readonly score: Mean | undefined;
}

/** The same rows, answered by one version and computed by the other as well. */
export interface PairedRows {
  /** The candidate's score less the other's. */
  readonly difference: Mean;
  readonly flips: Proportion;
}

/** Area under the ROC curve of predictions whose outcome is known by now. */
export interface LiveAuc {
  readonly value: number;
  readonly variance: number;
}

/** The version that is to prove itself, and the one that it is held against. */
export interface Observed {
  readonly candidate: VersionCounts;
  readonly baseline: VersionCounts;
  /** What the counts of the baseline are of, for people: `champion 6 at the same time`. */
  readonly against: string;
  readonly paired: PairedRows | undefined;
  /** undefined: of one of them, or of both, no outcomes are known. */
  readonly auc: { readonly candidate: LiveAuc; readonly baseline: LiveAuc } | undefined;
}

/** What is known of live traffic. */
export type TrafficEvidence =
  | { readonly silent: string }
  | {
      readonly silent: undefined;
      /** Whether every replica that is seen has the candidate loaded in its role. */
      readonly roleAvailable: boolean;
      readonly observed: Observed;
    };

/** What the registry says now. */
export interface RegistryEvidence {
  readonly champion: string;
  /** Of the candidate's bytes. */
  readonly quarantine: Quarantine | undefined;
  /** `changed`: the policy is not the one that this rollout has written last. */
  readonly policy: 'as-written' | 'changed';
}

export interface Evidence {
  readonly registry: RegistryEvidence;
  readonly traffic: TrafficEvidence;
}
