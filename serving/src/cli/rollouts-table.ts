import { z } from 'zod';
import { sentenceOf } from '../rollout/comparison.js';
import { CAUSES, type Rollout, type RolloutLine } from '../rollout/rollout-records.js';
import { progressOf, type RolloutState } from '../rollout/rollout-state.js';
import { markdownCell, markdownTable, textTable } from './table.js';

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
export function rolloutsTable(rollouts: Rollouts): string {
  if (rollouts.rollouts.length === 0) return `${rollouts.model} has had no rollout`;
  return [...textTable(HEADINGS, rowsOf(rollouts)), ...remarksOn(rollouts)].join('\n');
}

/** The same as Markdown, with the numbers of each decision below them. */
export function rolloutsPage(rollouts: Rollouts): string {
  const { model, rollouts: shown } = rollouts;
  if (shown.length === 0) return `${model} has had no rollout`;
  return [
    ...[`### Rollouts of ${model}`, '', ...markdownTable(HEADINGS, rowsOf(rollouts)), ''],
    ...remarksOn(rollouts).map(markdownCell),
    ...numbersOf(rollouts),
  ].join('\n');
}

function rowsOf({ rollouts }: Rollouts): readonly (readonly string[])[] {
  return rollouts.flatMap(({ rollout, version, champion, lines }) =>
    [...lines]
      .reverse()
      .map((line) => [
        `${rollout}.${line.number}`,
        line.at.replace(/\.\d+Z$/, 'Z'),
        `${version} (was ${champion})`,
        line.decision,
        line.phase === 'canary' ? `canary ${line.percent ?? 0} %` : line.phase,
        tookOf(line),
        line.done === undefined || line.done.detail === ''
          ? line.reason
          : `${line.reason}; ${line.done.detail}`,
      ]),
  );
}

function remarksOn({ model, total, rollouts }: Rollouts): readonly string[] {
  const more = total > rollouts.length ? [`... and ${total - rollouts.length} rollouts before`] : [];
  const [latest] = rollouts;
  return [...more, `rollout ${latest!.rollout} of ${model}, version ${latest!.version}: ${latest!.state}`];
}

/** What each decision was taken on. */
function numbersOf({ rollouts }: Rollouts): readonly string[] {
  const rows = rollouts.flatMap(({ rollout, lines }) =>
    [...lines]
      .reverse()
      .flatMap((line) =>
        line.numbers.map((number) => [`${rollout}.${line.number}`, line.decision, ...comparisonRow(number)]),
      ),
  );
  if (rows.length === 0) return [];
  const headings = ['#', 'decision', 'verdict', 'what was seen'];
  return ['', '#### On these numbers', '', ...markdownTable(headings, rows)];
}

const bound = z.number().nullable();
/** What other releases have written may have other members. */
const comparisonSchema = z.object({
  metric: z.enum(CAUSES),
  ...{ verdict: z.string(), estimate: bound, lower: bound, upper: bound, limit: z.number() },
});

function comparisonRow(number: unknown): readonly string[] {
  const { success, data } = comparisonSchema.safeParse(number);
  return success ? [data.verdict, sentenceOf(data)] : ['-', JSON.stringify(number)];
}

/** How long until every replica followed, of a move of champion. */
function tookOf({ done }: RolloutLine): string {
  const seconds = done?.served_after_seconds ?? null;
  return seconds === null ? '-' : `${seconds.toFixed(1)} s`;
}
