import { bold } from '../console.js';
import { number, percent } from './live-view.js';
import type { Outcome } from './play.js';

const HEADS = ['', 'version', 'worst PSI', 'drifted', 'AUC', 'Brier', 'score - rate', 'default rate'];

/** Lines of a table: a row a scene, then what the two versions said of the same applicants. */
export function summaryOf({ scenes, sameApplicants, run, answered, failures }: Outcome): string[] {
  const rows = scenes.map(({ name, version, drift, quality }) => [
    name,
    version,
    `${number(drift.worst?.psi, 2)} ${drift.worst?.name ?? ''}`,
    String(drift.drifted.length),
    number(quality.auc, 3),
    number(quality.brier, 3),
    signed(quality.bias),
    percent(quality.defaultRate),
  ]);
  const widths = HEADS.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  const { before, after } = sameApplicants;
  return [
    bold(line(HEADS)),
    ...rows.map(line),
    '',
    `The same ${before.rows} applicants: AUC ${number(before.auc, 3)} -> ${number(after.auc, 3)},` +
      ` Brier ${number(before.brier, 3)} -> ${number(after.brier, 3)},` +
      ` mean score minus default rate ${signed(before.bias)} -> ${signed(after.bias)}`,
    `Started by itself: ${run.id} (${run.cause['cause'] ?? ''}: ${run.cause['reason'] ?? ''})`,
    `${answered} predictions answered, ${failures.length} failed`,
  ];
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
}
