import type { Check } from '../../game-day/game-day-verdict.js';
import type { ConstantLoad } from '../constant-load.js';
import type { LoadReport, RequestRecord } from '../load-report.js';
import type { ClusterTier } from './cluster-tier.js';
import type { PodMoment, PodWatch } from './pod-watch.js';

/** Something that happens to the tier while clients ask. */
export interface Scenario {
  /** As SCENARIOS names it. */
  readonly name: string;
  /** What happens, in one sentence. */
  readonly what: string;
  /**
   * Whether requests may fail, which is then a figure and not a failure of the scenario; everywhere else each of them is
   * one.
   */
  readonly mayFail?: true;
  /** Done before there is load: what is not to be measured. */
  readonly prepare?: (stage: Stage) => Promise<void>;
  readonly run: (play: Play) => Promise<void>;
}

/** What a scenario has before clients ask. */
export interface Stage {
  readonly tier: ClusterTier;
  /** What is to be done when the scenario is over, however it ends; the last is done first. */
  readonly afterwards: (restore: () => Promise<unknown>) => void;
}

export interface Play extends Stage {
  readonly load: ConstantLoad;
  /** The tier's pods since before the load. */
  readonly pods: PodWatch;
  /** A line through the plot, and one of progress. @returns this moment, as records have it */
  readonly mark: (text: string) => number;
  /** Lets clients ask for so long. */
  readonly steady: (seconds: number) => Promise<unknown>;
  /** What is to hold, and what was found. */
  readonly check: (what: string, passed: boolean, found: string) => void;
}

export interface Mark {
  readonly at: number;
  readonly text: string;
}

/** What a scenario has shown. */
export interface Played {
  readonly name: string;
  readonly what: string;
  readonly startedAt: string;
  readonly load: LoadReport;
  readonly checks: readonly Check[];
  readonly marks: readonly Mark[];
  readonly pods: readonly PodMoment[];
  readonly records: readonly RequestRecord[];
}

/** What every scenario is held to that may not fail requests. */
export const NO_FAILURES = 'no request failed';

export function hasPassed({ checks }: Pick<Played, 'checks'>): boolean {
  return checks.every(({ passed }) => passed);
}
