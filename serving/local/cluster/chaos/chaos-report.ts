import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderPlot } from '../../../bench/report/plot.js';
import { figure, markdownTable } from '../../../bench/report/table.js';
import { chaosPlot } from './chaos-plot.js';
import { hasPassed, NO_FAILURES, type Played } from './scenario.js';

/** Failures of one scenario that are written out, of those that look alike one. */
const SHOWN_FAILURES = 5;

/** Whose plots say more than their line in the table. */
const TELLING = new Set([
  'rolling-update',
  'blue-green-switch',
  'recreate-fast',
  'canary',
  'node-drain',
  'promotion-during-rollout',
  'wedged-process',
]);

export interface ReportPlace {
  readonly folder: string;
  /** The page, without its folder. */
  readonly page: string;
  /** Where plots are, from the page. */
  readonly plots: string;
  /** Which scenarios have one. */
  readonly isPlotted: (name: string) => boolean;
}

/** Where whoever ran it looks. */
export function reportIn(folder: string): ReportPlace {
  return { folder, page: 'report.md', plots: '.', isPlotted: () => true };
}

/** Where everybody does. */
export function reportInDocs(serving: string): ReportPlace {
  return {
    folder: path.join(serving, 'docs'),
    page: 'cluster-results.md',
    plots: 'cluster-results',
    isPlotted: (name) => TELLING.has(name),
  };
}

/** Writes the page and a plot for each scenario. @returns the page's path */
export async function writeReport(
  place: ReportPlace,
  conditions: readonly string[],
  played: readonly Played[],
): Promise<string> {
  const pictures = path.join(place.folder, place.plots);
  mkdirSync(pictures, { recursive: true });
  for (const one of played) {
    if (!place.isPlotted(one.name)) continue;
    writeFileSync(path.join(pictures, `${one.name}.svg`), await renderPlot(chaosPlot(one)));
  }
  const file = path.join(place.folder, place.page);
  writeFileSync(file, reportPage(conditions, played, place));
  return file;
}

/** What somebody needs to look further: every request, too. */
export function writeResults(folder: string, { name, ...rest }: Played): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify({ name, ...rest })}\n`);
}

/** Of the last time that each was played; those that never were are left out. */
export function readResults(folder: string, names: readonly string[]): readonly Played[] {
  return names.flatMap((name) => {
    const file = path.join(folder, `${name}.json`);
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as Played] : [];
  });
}

export function reportPage(
  conditions: readonly string[],
  played: readonly Played[],
  place: Pick<ReportPlace, 'plots' | 'isPlotted'>,
): string {
  return `${[
    '# What the cluster was put through',
    ...conditions,
    resultsTable(played),
    ...played.map((one) => section(one, place)),
  ].join('\n\n')}\n`;
}

/** One line each. */
export function resultsTable(played: readonly Played[]): string {
  return markdownTable<Played>(
    [
      { heading: 'scenario', cell: ({ name }) => `[${name}](#${name})` },
      { heading: 'held', cell: (one) => (hasPassed(one) ? 'yes' : '**NO**') },
      { heading: 'requests', align: 'right', cell: ({ load }) => load.requests.toLocaleString('en-US') },
      { heading: 'failed', align: 'right', cell: ({ load }) => String(load.failed) },
      { heading: 'p50, ms', align: 'right', cell: ({ load }) => figure(load.p50Ms) },
      { heading: 'p99, ms', align: 'right', cell: ({ load }) => figure(load.p99Ms) },
      { heading: 'slowest, ms', align: 'right', cell: ({ load }) => figure(load.maxMs) },
      { heading: 'seconds', align: 'right', cell: ({ load }) => load.seconds.toFixed(0) },
      { heading: 'what was seen', cell: seen },
    ],
    played,
  );
}

/** What did not hold; else what the scenario is about, beside failed requests. */
function seen({ checks }: Played): string {
  const failed = checks.filter(({ passed }) => !passed);
  const told = failed.length > 0 ? failed : checks.filter(({ what }) => what !== NO_FAILURES).slice(0, 1);
  return told.map(({ what, found }) => `${what}: ${found}`).join('; ');
}

function section(one: Played, { plots, isPlotted }: Pick<ReportPlace, 'plots' | 'isPlotted'>): string {
  const { name, what, startedAt, checks, load } = one;
  return [
    `## ${name}`,
    `${what} Played at ${startedAt.slice(0, 16).replace('T', ' ')} UTC.`,
    checks
      .map(({ what: checked, passed, found }) => `- ${passed ? '' : '**NOT**: '}${checked}: ${found}`)
      .join('\n'),
    ...(load.failed > 0 ? [failuresOf(one)] : []),
    ...(isPlotted(name)
      ? [`![share answered, latencies and pods, second by second](${plots}/${name}.svg)`]
      : []),
  ].join('\n\n');
}

function failuresOf({ load, records }: Played): string {
  const startAt = Math.min(...records.map(({ at }) => at));
  const alike = new Map<string, number[]>();
  for (const { at, what } of load.failures) alike.set(what, [...(alike.get(what) ?? []), at]);
  const lines = [...alike].slice(0, SHOWN_FAILURES).map(([what, ats]) => {
    const first = ((ats[0]! - startAt) / 1_000).toFixed(1);
    return `- ${ats.length} times, first at second ${first}: \`${what}\``;
  });
  const left = alike.size - lines.length;
  return ['Failed requests:', '', ...lines, ...(left > 0 ? [`- and ${left} other kinds`] : [])].join('\n');
}
