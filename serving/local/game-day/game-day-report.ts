import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderPlot } from '../../bench/report/plot.js';
import { markdownTable } from '../../bench/report/table.js';
import type { ClientWindow } from '../attack/attack-plot.js';
import type { Mark } from '../play-plot.js';
import { writeAttackReport } from '../attack/attack-report.js';
import type { AttackSettings } from '../attack/attack-settings.js';
import type { AttackResult } from '../attack/attack-verdict.js';
import { DRAWN } from '../monitoring/draw-dashboards.js';
import type { AlertMessage } from './alert-messages.js';
import { clientPlot } from './client-plot.js';
import type { Check } from './game-day-verdict.js';
import type { PhaseFigures } from './steady-clients.js';

export interface GameDayRecord {
  /** Where it was played, in words. */
  readonly place: string;
  readonly result: AttackResult;
  readonly plan: AttackSettings;
  readonly checks: readonly Check[];
  readonly marks: readonly Mark[];
  readonly clients: {
    readonly figures: readonly PhaseFigures[];
    readonly windows: readonly ClientWindow[];
  };
  readonly messages: readonly AlertMessage[];
}

/**
 * Writes what an attack's report holds, and beside it `clients.svg`; dashboards are expected in `dashboards/`.
 *
 * @returns the page's path
 */
export async function writeGameDayReport(folder: string, day: GameDayRecord): Promise<string> {
  const { result, plan, marks, clients } = day;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'clients.svg'),
    await renderPlot(clientPlot(result.moments, clients.windows, marks)),
  );
  return writeAttackReport(folder, result, plan, {
    marks,
    clients: clients.windows,
    sections: sectionsOf(day),
  });
}

function sectionsOf({ place, checks, clients, messages }: GameDayRecord): readonly string[] {
  const first = messages.find(({ channel, status }) => channel === 'email' && status === 'firing');
  return [
    `## What had to happen`,
    `${place} Seconds count from the beginning of the attack.`,
    checks.map(({ what, passed, found }) => `- ${passed ? 'yes' : 'NO'}: ${what} (${found})`).join('\n'),
    '## Other clients',
    clientTable(clients.figures),
    ...failureList(clients.figures),
    '![share of answered requests and p99 of other clients, replicas, and the state of the alert](clients.svg)',
    '## What the administrator got',
    messages.map(({ receivedAt, channel, status }) => `- ${receivedAt}: ${status}, by ${channel}`).join('\n'),
    ...(first === undefined ? [] : ['```\n' + first.text + '\n```']),
    ...Object.keys(DRAWN).map((uid) => `![the dashboard ${uid}](dashboards/${uid}.svg)`),
  ];
}

function failureList(figures: readonly PhaseFigures[]): readonly string[] {
  const lines = figures.flatMap(({ phase, failures }) =>
    Object.entries(failures).map(
      ([what, count]) => `- ${phase}, ${count} times: ${what.replaceAll('\n', ' ')}`,
    ),
  );
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function clientTable(figures: readonly PhaseFigures[]): string {
  return markdownTable(
    [
      { heading: 'attack', cell: ({ phase }) => phase },
      { heading: 'requests', cell: ({ requests }) => String(requests) },
      {
        heading: 'answered',
        cell: ({ requests, successRate }) =>
          `${String(Math.round(requests * successRate))} (${(successRate * 100).toFixed(2)} %)`,
      },
      { heading: 'p50', cell: ({ p50Ms }) => `${p50Ms.toFixed(0)} ms` },
      { heading: 'p99', cell: ({ p99Ms }) => `${p99Ms.toFixed(0)} ms` },
    ],
    figures,
  );
}
