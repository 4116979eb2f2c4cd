import { compare, sentenceOf, type ComparedMetric, type Comparison } from './comparison.js';
import type { Evidence, RegistryEvidence } from './evidence.js';
import type { Plan } from './plan.js';

export type Phase = 'shadow' | 'canary' | 'baking';

/**
 * Where a rollout stands between two looks.
 *
 *   shadow -> canary 5 % -> 25 % -> 50 % -> 100 % -> (promote) -> baking -> completed
 *      |            |                                     |          |
 *      +------------+--------- aborted <------------------+          +--> rolled back
 */
export interface Standing {
  readonly phase: Phase;
  /** Of live traffic in canary, of the champion's requests in shadow; null in baking. */
  readonly percent: number | null;
  /** When the phase, or the step of the canary, began. */
  readonly since: Date;
  readonly paused: boolean;
  readonly version: string;
  /** The version that it is held against: the champion of the beginning. */
  readonly champion: string;
}

interface Reasoned {
  readonly reason: string;
  readonly numbers: readonly Comparison[];
}

/**
 * wait      nothing is written: go on looking
 * pause     nothing can be judged: thin data, Prometheus silent, role not available
 * resume    it can again
 * advance   to the next step
 * promote   the last step went well
 * abort     before the promotion, or where nobody could watch after it: champion stays where it is
 * rollback  champion goes back
 * complete  it has proved itself, or is no more the question
 */
export type Decision = Reasoned &
  (
    | { readonly kind: 'wait' | 'pause' | 'resume' | 'promote' | 'complete' }
    | { readonly kind: 'advance'; readonly percent: number }
    | {
        readonly kind: 'abort' | 'rollback';
        /** What the version is put into quarantine for; undefined: it is not. */
        readonly cause: ComparedMetric | undefined;
      }
  );

/** What has to be proved before a version gets further; of the others it is enough that no harm shows. */
const TO_BE_PROVED: ReadonlySet<ComparedMetric> = new Set([
  'errors',
  'latency',
  'score_shift',
  'label_flips',
]);
const MINUTE = 60_000;

/** What is to be done now. No clock, no registry, no Prometheus. */
export function decide(standing: Standing, evidence: Evidence, plan: Plan, now: Date): Decision {
  const hand = otherHand(standing, evidence.registry);
  if (hand !== undefined) return hand;

  const { phase } = standing;
  const { min_minutes: min, max_minutes: max, min_samples: wanted } = plan[phase];
  const elapsed = now.getTime() - standing.since.getTime();
  const isOver = elapsed >= max * MINUTE;
  const { traffic } = evidence;
  if (traffic.silent !== undefined) {
    return blind(`Prometheus is silent: ${traffic.silent}`, []);
  }

  const numbers = compare(traffic.observed, plan);
  const against = traffic.observed.against;
  const harm = numbers.find(({ verdict }) => verdict === 'harmful');
  if (harm !== undefined) {
    return {
      kind: phase === 'baking' ? 'rollback' : 'abort',
      cause: harm.metric,
      reason: `version ${standing.version} is worse than ${against}: ${sentenceOf(harm)}`,
      numbers,
    };
  }
  // The former champion in the shadow is a witness; the new one is watched without it, too.
  if (!traffic.roleAvailable && phase !== 'baking') {
    return blind(`not every replica has version ${standing.version} as ${phase}`, numbers);
  }
  const samples = traffic.observed.candidate.failures.trials;
  const seen = `${samples} of ${wanted} requests`;
  if (samples < wanted) {
    if (!isOver && elapsed < min * MINUTE) return going(`${seen} seen`, numbers);
    return blind(`thin data: ${seen} in ${minutesOf(elapsed)}`, numbers);
  }
  if (elapsed < min * MINUTE) return going(`${minutesOf(elapsed)} of ${min} minutes`, numbers);
  if (phase === 'baking') {
    return {
      kind: 'complete',
      reason: `champion ${standing.version} has shown no harm in ${minutesOf(elapsed)} and ${samples} requests`,
      numbers,
    };
  }
  const unproved = numbers.filter(({ metric, verdict }) => TO_BE_PROVED.has(metric) && verdict === 'open');
  if (unproved.length === 0) return onwards(standing, plan, `not worse than ${against}`, numbers);
  const open = unproved.map(sentenceOf).join('; ');
  if (isOver) return inconclusive(`not proved in ${minutesOf(elapsed)}: ${open}`, numbers);
  return going(`not proved yet: ${open}`, numbers);

  function going(reason: string, evidenceSeen: readonly Comparison[]): Decision {
    return { kind: standing.paused ? 'resume' : 'wait', reason, numbers: evidenceSeen };
  }

  function blind(reason: string, evidenceSeen: readonly Comparison[]): Decision {
    if (isOver) return inconclusive(reason, evidenceSeen);
    return { kind: 'pause', reason, numbers: evidenceSeen };
  }

  /** Without proof nobody gets further. A champion that nobody could watch is not to blame, and stays. */
  function inconclusive(why: string, evidenceSeen: readonly Comparison[]): Decision {
    const end = phase === 'baking' ? `; champion ${standing.version} stays` : '';
    return {
      kind: 'abort',
      cause: undefined,
      reason: `inconclusive after ${max} minutes: ${why}${end}`,
      numbers: evidenceSeen,
    };
  }
}

/** People, and other commands, come before statistics. */
function otherHand({ phase, version, champion }: Standing, registry: RegistryEvidence): Decision | undefined {
  const { quarantine } = registry;
  const nothing = { numbers: [], cause: undefined };
  if (phase === 'baking') {
    if (registry.champion !== version) {
      const reason = `superseded: champion was moved on to ${registry.champion}`;
      return { kind: 'complete', reason, numbers: [] };
    }
    if (quarantine !== undefined) {
      return { kind: 'rollback', reason: inQuarantine(quarantine), ...nothing };
    }
    return undefined;
  }
  if (registry.champion !== champion) {
    const reason = `conflict: champion is ${registry.champion}, no more ${champion}, which it was compared with`;
    return { kind: 'abort', reason, ...nothing };
  }
  if (quarantine !== undefined) return { kind: 'abort', reason: inQuarantine(quarantine), ...nothing };
  if (registry.policy === 'changed') {
    return {
      kind: 'abort',
      reason: 'conflict: the traffic policy was changed by another hand, and stays as it is',
      ...nothing,
    };
  }
  return undefined;
}

function inQuarantine({ version, by, reason }: NonNullable<RegistryEvidence['quarantine']>): string {
  return `version ${version} was put into quarantine by ${by}: ${reason}`;
}

function onwards(
  { phase, percent }: Standing,
  { canary: { percents } }: Plan,
  reason: string,
  numbers: readonly Comparison[],
): Decision {
  const next = phase === 'shadow' ? percents[0] : percents.find((step) => step > (percent ?? 0));
  if (next === undefined) return { kind: 'promote', reason, numbers };
  return { kind: 'advance', percent: next, reason, numbers };
}

function minutesOf(milliseconds: number): string {
  return `${Number((milliseconds / MINUTE).toFixed(1))} minutes`;
}
