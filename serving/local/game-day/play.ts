import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AttackMetrics } from '../attack/attack-metrics.js';
import type { Mark } from '../play-plot.js';
import { ceilingSentence } from '../attack/attack-report.js';
import type { AttackSettings } from '../attack/attack-settings.js';
import { openTopic } from '../attack/attack-topic.js';
import { verdictOn, type AttackEnd, type AttackResult } from '../attack/attack-verdict.js';
import { AttackView } from '../attack/attack-view.js';
import { AttackWatch } from '../attack/attack-watch.js';
import { Attack } from '../attack/attack.js';
import { ATTACK_ALERT } from '../attack/moment.js';
import type { LoadPlan } from '../cluster/load-report.js';
import { bold, dim, green, print, red, say } from '../console.js';
import { PlatformFailure } from '../failure.js';
import { serveMetrics } from '../metrics-page.js';
import { drawDashboards } from '../monitoring/draw-dashboards.js';
import { PrometheusClient } from '../../src/prometheus/prometheus-client.js';
import { PrometheusReader } from '../prometheus-reader.js';
import { alertMessages } from './alert-messages.js';
import { writeGameDayReport } from './game-day-report.js';
import { checksOf, pendingSeconds, type Check } from './game-day-verdict.js';
import { SteadyClients } from './steady-clients.js';

const RECORDED_TIMEOUT_MS = 30_000;
/** How often replicas are counted by whoever starts and ends them. */
const COUNT_MS = 1_000;
const LOOK_MS = 250;
/** Of the curves of clients. */
const WINDOW_SECONDS = 5;

/** Where a game day is played: what is attacked, who watches, and who is told. */
export interface Stage {
  /** In words, for the report. */
  readonly place: string;
  readonly plan: AttackSettings;
  readonly brokers: readonly string[];
  /** Rows of the served model, as JSON. */
  readonly rows: readonly string[];
  readonly clients: LoadPlan;
  readonly prometheusUrl: string;
  readonly scrapeIntervalSeconds: number;
  /** What the administrator got: the folder of a notification sink. */
  readonly notificationsDir: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** How many replicas exist now, as whoever starts and ends them says. */
  countReplicas(): Promise<number>;
  /** Where the attacker shows its figures. */
  readonly attackPage: { readonly host: string; readonly port: number };
  /** The tier is looked at in peace for so long: rates are over a minute. */
  readonly beforeMs: number;
  /** After the attack its resolution and the return of the replicas are waited for so long. */
  readonly afterTimeoutMs: number;
  /** The checkout. */
  readonly projectDir: string;
  /** Of the report, below `.reports`. */
  readonly reports: string;
}

/** Plays the day, and writes a report. @throws {PlatformFailure} where something that must happen did not */
export async function playGameDay(stage: Stage): Promise<void> {
  const checks = await play(stage);
  print();
  for (const { what, passed, found } of checks)
    print(`  ${passed ? green('✔') : red('✘')} ${what}: ${found}`);
  print();
  const failed = checks.filter(({ passed }) => !passed).length;
  if (failed > 0) throw new PlatformFailure(`${failed} of ${checks.length} checks failed.`);
}

async function play(stage: Stage): Promise<readonly Check[]> {
  const { plan, minReplicas, maxReplicas, notificationsDir } = stage;
  const prometheus = new PrometheusReader(stage.prometheusUrl);
  const metrics = new AttackMetrics();
  const topic = await openTopic(stage.brokers, plan.topic, plan.allowedHosts);
  const page = await serveMetrics(metrics.registry, stage.attackPage.port, stage.attackPage.host);
  const startedAt = new Date().toISOString();
  const folder = path.join(stage.projectDir, '.reports', stage.reports, startedAt.replaceAll(':', '-'));
  const attack = new Attack({ ...plan, rows: stage.rows, run: startedAt }, topic.send, metrics);
  const view = new AttackView();
  const watch = new AttackWatch(attack, prometheus, (moments) => {
    view.show(moments);
  });
  const closing = new AbortController();
  const counts: number[] = [];
  const alertHold = await prometheus.alertHold(ATTACK_ALERT);
  const counting = keepCounting(stage, counts, closing.signal);
  const clients = await SteadyClients.start(stage.clients, 'before');
  const marks: Mark[] = [];
  const second = (): number => watch.moments.at(-1)?.second ?? 0;
  const mark = (text: string): number => {
    marks.push({ second: second(), text });
    return second();
  };
  const isTold = (status: 'firing' | 'resolved'): boolean =>
    alertMessages(notificationsDir, status).length > 0;
  let end: AttackEnd = 'a ceiling is reached';
  let attackedAt = 0;
  let firingMessageAt: number | undefined;
  let resolvedMessageAt: number | undefined;
  let backToMinimumAt: number | undefined;
  try {
    watch.start();
    say('steady clients ask; nobody attacks yet');
    await sleep(stage.beforeMs);
    clients.enter('during');
    attack.start();
    attackedAt = mark('attack');
    say(bold('the attack begins'));
    while (!attack.isOver && !isTold('firing')) await sleep(LOOK_MS);
    if (isTold('firing')) {
      firingMessageAt = mark('message');
      end = 'the notification arrived';
      say(bold('the administrator has the message: the attack ends'));
    }
    await attack.stop();
    clients.enter('after');
    const deadline = performance.now() + stage.afterTimeoutMs;
    // What never fired is not resolved either.
    const isAwaited = (): boolean => firingMessageAt !== undefined && resolvedMessageAt === undefined;
    while (performance.now() < deadline && (isAwaited() || backToMinimumAt === undefined)) {
      if (resolvedMessageAt === undefined && isTold('resolved')) {
        resolvedMessageAt = mark('resolved');
        say('the administrator knows that it is over');
      }
      if (backToMinimumAt === undefined && counts.at(-1) === minReplicas) {
        backToMinimumAt = mark('at rest');
        say(`there are ${minReplicas} replicas again`);
      }
      await sleep(LOOK_MS);
    }
    // Until the pictures show it too: rules look every 15 s.
    await untilRecorded(prometheus, minReplicas);
    mkdirSync(folder, { recursive: true });
    await drawDashboards(new PrometheusClient(stage.prometheusUrl), {
      dashboards: path.join(stage.projectDir, 'monitoring', 'dashboards', 'generated'),
      target: path.join(folder, 'dashboards'),
      minutes: Math.ceil((second() + 30) / 60),
      scrapeInterval: stage.scrapeIntervalSeconds,
    });
  } finally {
    closing.abort();
    await Promise.all([attack.stop(), clients.stop(), watch.stop(), counting]);
    view.end();
    await topic.close();
    await page.close();
  }
  const result: AttackResult = {
    startedAt,
    end,
    seconds: attack.second,
    counts: attack.counts,
    moments: watch.moments,
  };
  const verdict = verdictOn(result);
  const sinceAttack = (at: number | undefined): number | undefined => at && at - attackedAt;
  const checks = checksOf({
    firingMessageAt: sinceAttack(firingMessageAt),
    resolvedMessageAt: sinceAttack(resolvedMessageAt),
    channels: [...new Set(alertMessages(notificationsDir, 'firing').map(({ channel }) => channel))],
    hold: { due: alertHold, waited: pendingSeconds(verdict.alertChanges) },
    backToMinimumAt: sinceAttack(backToMinimumAt),
    // Prometheus looks every some seconds; who counts looks more often.
    greatestReplicas: counts.length === 0 ? undefined : Math.max(...counts, verdict.greatestReplicas ?? 0),
    maxReplicas,
    minReplicas,
    clients: clients.figures,
  });
  say(ceilingSentence(verdict));
  const file = await writeGameDayReport(folder, {
    place: stage.place,
    result,
    plan,
    checks,
    marks,
    clients: { figures: clients.figures, windows: clients.windows(WINDOW_SECONDS) },
    messages: alertMessages(notificationsDir),
  });
  print(dim(`  report: ${file}`));
  return checks;
}

/** Waits until the recorded number of replicas is this, or for as long as that may take. */
async function untilRecorded(prometheus: PrometheusReader, replicas: number): Promise<void> {
  const deadline = performance.now() + RECORDED_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const [count] = await prometheus.fresh('namespace:serving_replicas:count').catch(() => []);
    if (count?.value === replicas) return;
    await sleep(COUNT_MS);
  }
}

/** Adds what is counted to a list, again and again. A count that fails is none. */
async function keepCounting(
  { countReplicas }: Pick<Stage, 'countReplicas'>,
  counts: number[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await countReplicas().then(
      (count) => counts.push(count),
      () => undefined,
    );
    await sleep(COUNT_MS, undefined, { signal }).catch(() => undefined);
  }
}
