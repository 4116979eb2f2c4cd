import { REPLAY_OUTCOMES } from '../stream/replay-plan.js';
import type { ReplayReport } from '../stream/dead-letter-replay.js';

const HEADINGS = ['reason', 'replayed', 'cut off', 'too often', 'of another topic'];

/** For people: what was done with the dead letters of each reason, and below it what they should know. */
export function replayTable({ dryRun, isComplete, reasons }: ReplayReport): string {
  const headings = HEADINGS.map((heading) => (dryRun && heading === 'replayed' ? 'to replay' : heading));
  const rows = Object.entries(reasons).map(([reason, counts]) => [
    reason,
    ...REPLAY_OUTCOMES.map((outcome) => String(counts[outcome])),
  ]);
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]!.length)));
  const lines = [headings, ...rows].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
  const counts = Object.values(reasons);
  const remarks = [
    counts.some(({ truncated }) => truncated > 0) &&
      'Of those that were cut off the original is not all there: only their producers can send them again.',
    counts.some(({ exhausted }) => exhausted > 0) &&
      'Those that came back too often stay dead letters: their cause is not repaired.',
    counts.some(({ foreign }) => foreign > 0) &&
      'Nothing is written to a topic that the stream does not read (STREAM_INPUT_TOPIC).',
    !isComplete && 'The limit was reached before the end: the next replay goes on from here.',
    dryRun && 'Nothing was sent, and nothing is remembered.',
  ];
  return [...lines, ...remarks.filter((remark) => remark !== false)].join('\n');
}
