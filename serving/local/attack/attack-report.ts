import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderPlot } from '../../bench/report/plot.js';
import { markdownTable } from '../../bench/report/table.js';
import { number, percent } from '../drift-demo/live-view.js';
import { attackPlot, type PlotExtras } from './attack-plot.js';
import type { AttackSettings } from './attack-settings.js';
import { verdictOn, type AttackResult, type AttackVerdict } from './attack-verdict.js';
import { ATTACK_ALERT } from './moment.js';

/** The figures of an attack, as a table in Markdown. */
export function attackTable(verdict: AttackVerdict, { counts, seconds }: AttackResult): string {
  const rows: readonly (readonly [string, string])[] = [
    ['messages offered', `${verdict.offered} in ${number(seconds, 0)} s`],
    ['of these malformed, oversized', `${counts.offered.malformed}, ${counts.offered.oversized}`],
    ['not taken by the broker; due and not offered', `${counts.failed}; ${counts.withheld}`],
    ['greatest offered load', `${number(verdict.greatestOfferedRate, 0)} messages/s`],
    ['greatest answered load, over a minute', `${number(verdict.greatestScoredRate, 0)} messages/s`],
    ['greatest lag', `${number(verdict.greatestLag, 0)} messages`],
    ['greatest p99 of predictions, over a minute', `${number(inMs(verdict.greatestP99Seconds), 0)} ms`],
    ['greatest share of requests shed', percent(verdict.greatestShedRatio)],
    ['busiest replica', `${percent(verdict.greatestUtilisation)} of its CPU limit`],
    ['most replicas', `${number(verdict.greatestReplicas, 0)} of at most ${number(verdict.maxReplicas, 0)}`],
  ];
  return markdownTable(
    [
      { heading: 'figure', cell: ([name]) => name },
      { heading: 'value', cell: ([, value]) => value },
    ],
    rows,
  );
}

/** Whether the cost ceiling held, in words. */
export function ceilingSentence({ ceilingHeld, greatestReplicas, maxReplicas }: AttackVerdict): string {
  if (ceilingHeld === undefined)
    return 'Nobody counted replicas: whether the cost ceiling held is not known.';
  return ceilingHeld
    ? `The cost ceiling held: ${greatestReplicas} replicas at most, ${maxReplicas} allowed.`
    : `The cost ceiling was PASSED: ${greatestReplicas} replicas, ${maxReplicas} allowed.`;
}

function alertTimeline({ alertChanges }: AttackVerdict): string {
  if (alertChanges.length === 0) return 'Prometheus did not answer: the state of the alert is not known.';
  return alertChanges.map(({ second, state }) => `- from second ${number(second, 0)}: ${state}`).join('\n');
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}

/**
 * Writes `report.md`, `attack.svg` and `result.json`.
 *
 * @returns the page's path
 */
export async function writeAttackReport(
  folder: string,
  result: AttackResult,
  { ramp, mixture, topic }: AttackSettings,
  more: PlotExtras & { readonly sections?: readonly string[] } = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const verdict = verdictOn(result);
  writeFileSync(path.join(folder, 'attack.svg'), await renderPlot(attackPlot(result.moments, more)));
  writeFileSync(
    path.join(folder, 'result.json'),
    `${JSON.stringify({ ...result, verdict }, undefined, 1)}\n`,
  );
  const page = [
    `# Attack of ${result.startedAt}`,
    `It ended after ${number(result.seconds, 0)} s, since: ${result.end}. ${ceilingSentence(verdict)}`,
    `To \`${topic}\`: ${ramp.startRate} messages/s, ${ramp.stepRate} more every ${ramp.stepSeconds} s, at most ` +
      `${ramp.maxRate}/s and ${ramp.maxSeconds} s; ${percent(mixture.malformedShare)} malformed, ` +
      `${percent(mixture.oversizedShare)} oversized, ${mixture.keys === 'one' ? 'one key' : 'many keys'}.`,
    attackTable(verdict, result),
    `## ${ATTACK_ALERT}`,
    alertTimeline(verdict),
    ...(more.sections ?? []),
    '![offered and answered load, p99, lag, replicas, CPU and the state of the alert](attack.svg)',
  ];
  const file = path.join(folder, 'report.md');
  writeFileSync(file, `${page.join('\n\n')}\n`);
  return file;
}
