import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeMachine, thisMachine } from '../../bench/report/machine.js';
import { renderPlot } from '../../bench/report/plot.js';
import { markdownTable } from '../../bench/report/table.js';
import type { Check } from '../game-day/game-day-verdict.js';
import type { ClientFigures, TakenBack, WholeWay } from './scene.js';
import { scenesPlot } from './scenes-plot.js';

const PICTURE = 'live-traffic-demo.svg';
const PAGE = 'live-traffic-demo.md';

/** Writes the page, its picture and `result.json`. @returns the page's path */
export async function writeRollbackReport(
  folder: string,
  good: WholeWay,
  bad: readonly TakenBack[],
  checks: readonly Check[],
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, PICTURE), await renderPlot(scenesPlot([good, ...bad])));
  const figures = { good, bad, checks };
  writeFileSync(
    path.join(folder, 'result.json'),
    `${JSON.stringify(figures, (key, value: unknown) => (key === 'requests' && Array.isArray(value) ? undefined : value), 1)}\n`,
  );
  const file = path.join(folder, PAGE);
  writeFileSync(file, `${page(good, bad, checks)}\n`);
  return file;
}

function page(good: WholeWay, bad: readonly TakenBack[], checks: readonly Check[]): string {
  return [
    '# Versions on live traffic: a demonstration',
    '`make rollback-demo` writes this page and its picture. **All clients are simulated.** One version is good and takes the whole way: shadow, canary, promotion, baking. Three others win every gate and are bad for clients whom nobody trained on: those with a limit above a million (`dags/retraining/bad_models.py` makes them, and `dags/tests/integration/test_bad_models.py` shows the real gates and the real serving runtime letting them through). They are promoted at once, as somebody in a hurry would, and watched. What is real: MLflow, a tier of two workers, Prometheus with the shipped alerts, Alertmanager, and the command line that promotes, watches and rolls back. What is shortened: the plans have fewer samples and minutes than the shipped one. The three bad versions are watched by the shipped limits, but that no more than 5 % of the decisions may differ; on the whole way more is tolerated, since less can be proved by so few requests.',
    `![answers a second by version, through four scenes](${PICTURE})`,
    '## Taken back',
    'Seconds: from the first request of the new clients to the line in the history that the champion goes back; from that line to the last worker that serves the former champion; from that line to the message. A request counts as failed when its first and only attempt was not answered with 2xx.',
    markdownTable(
      [
        { heading: 'what is wrong', cell: ({ kind }: TakenBack) => kind },
        { heading: 'cause', cell: ({ quarantine }) => quarantine?.cause ?? '–' },
        {
          heading: 'until decided',
          align: 'right',
          cell: ({ newClientsAt, decidedAt }) => seconds(newClientsAt, decidedAt),
        },
        {
          heading: 'until the fleet followed',
          align: 'right',
          cell: ({ decidedAt, fleetAt }) => seconds(decidedAt, fleetAt),
        },
        {
          heading: 'until the message',
          align: 'right',
          cell: ({ decidedAt, messageAt }) => seconds(decidedAt, messageAt),
        },
        {
          heading: 'requests of calm / new clients',
          align: 'right',
          cell: ({ clients }) => clients.map(({ requests }) => String(requests)).join(' / '),
        },
        { heading: 'failed', align: 'right', cell: ({ clients }) => String(failed(clients)) },
      ],
      bad,
    ),
    ...bad.flatMap(({ kind, quarantine, message }) => [
      `**${kind}.** ${quarantine?.reason ?? 'It was not quarantined.'}`,
      ...(message === undefined ? [] : ['```\n' + message.trimEnd() + '\n```']),
    ]),
    '## The whole way',
    `Version ${good.version} looked on, then answered ${good.canaryPercents.join(', ')} % of live traffic, became champion and was watched; ${((good.endedAt - good.startedAt) / 1_000).toFixed(0)} s in all. Its controller was killed with SIGKILL at ${good.killedAtPercent ?? '–'} % and another one went on. Of ${String(good.clients[0]?.requests ?? 0)} requests ${failed(good.clients)} failed; answers by version: ${Object.entries(
      good.clients[0]?.byVersion ?? {},
    )
      .map(([version, count]) => `version ${version} ${count}`)
      .join(', ')}.`,
    '## What had to happen',
    checks.map(({ what, passed, found }) => `- ${passed ? 'yes' : 'NO'}: ${what} (${found})`).join('\n'),
    `Measured on ${describeMachine(thisMachine())}; clients, registry and Prometheus share the machine with the tier.`,
  ].join('\n\n');
}

function failed(clients: readonly ClientFigures[]): number {
  return clients.reduce((sum, { failures }) => sum + failures.length, 0);
}

function seconds(from: number | undefined, to: number | undefined): string {
  return from === undefined || to === undefined ? '–' : `${((to - from) / 1_000).toFixed(1)} s`;
}
