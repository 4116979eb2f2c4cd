import type { Rollout, RolloutLine } from '../rollout/rollout-records.js';
import { progressOf, type RolloutState } from '../rollout/rollout-state.js';

export interface RolloutEntry {
  readonly rollout: number;
  readonly version: string;
  readonly digest: string;
  readonly champion: string;
  readonly begin: string;
  readonly by: string;
  readonly approved_by: string | null;
  readonly at: string;
  readonly state: RolloutState;
  readonly plan: Rollout['plan'];
  /** In the order in which they were decided. */
  readonly lines: readonly RolloutLine[];
}

export interface Rollouts {
  readonly model: string;
  /** All there are; `rollouts` has the latest of them. */
  readonly total: number;
  /** The latest first. */
  readonly rollouts: readonly RolloutEntry[];
}

/** @param limit rollouts at most */
export function rolloutsOf(model: string, all: readonly Rollout[], limit: number): Rollouts {
  return { model, total: all.length, rollouts: all.slice(-limit).reverse().map(entryOf) };
}

function entryOf(rollout: Rollout): RolloutEntry {
  const { number, version, digest, champion, begin, by, approvedBy, at, plan, lines } = rollout;
  return {
    ...{ rollout: number, version, digest, champion, begin, by, approved_by: approvedBy ?? null, at },
    state: progressOf(rollout).state,
    plan,
    lines,
  };
}

const HEADINGS = ['#', 'when', 'version', 'what', 'phase', 'took', 'why'];

/** For people: a line a decision, the latest first, and below them how the latest rollout stands. */
export function rolloutsTable({ model, total, rollouts }: Rollouts): string {
  if (rollouts.length === 0) return `${model} has had no rollout`;
  const rows = rollouts.flatMap(({ rollout, version, champion, lines }) =>
    [...lines].reverse().map((line) => [
      `${rollout}.${line.number}`,
      line.at.replace(/\.\d+Z$/, 'Z'),
      `${version} (was ${champion})`,
      line.decision,
      line.phase === 'canary' ? `canary ${line.percent ?? 0} %` : line.phase,
      tookOf(line),
      line.done === undefined || line.done.detail === '' ? line.reason : `${line.reason}; ${line.done.detail}`,
    ]),
  );
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]!.length)));
  const lines = [HEADINGS, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  const more = total > rollouts.length ? [`... and ${total - rollouts.length} rollouts before`] : [];
  const [latest] = rollouts;
  return [...lines, ...more, `rollout ${latest!.rollout} of ${model}, version ${latest!.version}: ${latest!.state}`].join('\n');
} // prettier-ignore

/** How long until every replica followed, of a move of champion. */
function tookOf({ done }: RolloutLine): string {
  const seconds = done?.served_after_seconds ?? null;
  return seconds === null ? '-' : `${seconds.toFixed(1)} s`;
}
