import type { TrafficPolicyDocument } from '../registry/traffic-tags.js';
import type { Phase, Standing } from './decide.js';
import type { Rollout, RolloutLine } from './rollout-records.js';

export type RolloutEnd = 'completed' | 'aborted' | 'rolled_back';
export type RolloutState = 'running' | 'paused' | RolloutEnd;

/** What the lines of a rollout add up to. */
export interface Progress {
  readonly state: RolloutState;
  readonly standing: Standing;
  /** The phase or step before the present one. */
  readonly before: { readonly from: Date; readonly to: Date } | undefined;
  /** A line that was decided and not carried out to its end. */
  readonly unfinished: RolloutLine | undefined;
}

/** Decisions that are no more than said. */
const ONLY_SAID: ReadonlySet<RolloutLine['decision']> = new Set(['pause', 'resume']);

export function progressOf(rollout: Rollout): Progress {
  const { version, champion, lines } = rollout;
  let state: RolloutState = 'running';
  let phase: Phase = rollout.begin;
  let percent: number | null = null;
  let since = new Date(rollout.at);
  let before: Progress['before'];
  for (const line of lines) {
    // Windows begin when the split is in the registry, and end when it was decided to change it.
    const doneAt = new Date(line.done?.at ?? line.at);
    switch (line.decision) {
      case 'advance':
        before = { from: since, to: new Date(line.at) };
        [phase, percent, since, state] = [line.phase, line.percent, doneAt, 'running'];
        break;
      case 'begin':
        [phase, percent, since] = [line.phase, line.percent, doneAt];
        break;
      case 'promote':
        state = 'running';
        if (line.done?.outcome === 'refused') break;
        before = { from: since, to: new Date(line.at) };
        [phase, percent, since] = ['baking', null, doneAt];
        break;
      case 'pause':
        state = 'paused';
        break;
      case 'resume':
        state = 'running';
        break;
      default:
        state = endOf(line);
    }
  }
  const last = lines.at(-1);
  const unfinished =
    last !== undefined && !ONLY_SAID.has(last.decision) && last.done === undefined ? last : undefined;
  return {
    state,
    standing: { phase, percent, since, paused: state === 'paused', version, champion },
    before,
    unfinished,
  };
}

function endOf({ decision, done }: RolloutLine): RolloutEnd {
  if (decision === 'complete') return 'completed';
  // There was nothing to go back to.
  return decision === 'rollback' && done?.outcome !== 'refused' ? 'rolled_back' : 'aborted';
}

export function isEnd(state: RolloutState): state is RolloutEnd {
  return state !== 'running' && state !== 'paused';
}

/** The split that belongs to a phase. */
export function policyOf({
  phase,
  percent,
  version,
  champion,
}: Pick<Standing, 'phase' | 'percent' | 'version' | 'champion'>): TrafficPolicyDocument {
  switch (phase) {
    case 'shadow':
      return { shadow: { version, percent: percent ?? 100 } };
    case 'canary':
      return { canary: { version, percent: percent ?? 0 } };
    case 'baking':
      return { shadow: { version: champion, percent: 100 }, standby: { version: champion } };
  }
}
