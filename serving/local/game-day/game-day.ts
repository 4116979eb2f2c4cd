import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AttackMetrics } from '../attack/attack-metrics.js';
import { ceilingSentence, writeAttackReport } from '../attack/attack-report.js';
import { openTopic } from '../attack/attack-topic.js';
import { verdictOn, type AttackEnd, type AttackResult } from '../attack/attack-verdict.js';
import { AttackView } from '../attack/attack-view.js';
import { AttackWatch } from '../attack/attack-watch.js';
import { Attack } from '../attack/attack.js';
import { modelRows } from '../attack/model-rows.js';
import type { Mark } from '../attack/attack-plot.js';
import { Autoscaler } from '../autoscaler/autoscaler.js';
import { TierWorkers } from '../autoscaler/tier-workers.js';
import { readChampion } from '../champion.js';
import { bold, dim, green, print, red, say, yellow } from '../console.js';
import { downOnInterrupt } from '../down-on-interrupt.js';
import { down } from '../down.js';
import { messageOf, PlatformFailure } from '../failure.js';
import { untilFleetServes } from '../fleet.js';
import { serveMetrics } from '../metrics-page.js';
import { Platform } from '../platform.js';
import { preflight } from '../preflight.js';
import { PrometheusReader } from '../prometheus-reader.js';
import { pushDags } from '../push-dags.js';
import { runRetraining } from '../retraining.js';
import { ensureRunning } from '../supervisor.js';
import { startServices } from '../up.js';
import { DRAWN, drawDashboards } from '../monitoring/draw-dashboards.js';
import { PrometheusApi } from '../monitoring/prometheus-api.js';
import { alertMail, alertMessages } from './alert-messages.js';
import { gameDaySettings, type GameDaySettings } from './game-day-settings.js';
import { checksOf, type Check } from './game-day-verdict.js';
import { SteadyClients } from './steady-clients.js';

const CLIENT_RATE = 20;
/** The tier is looked at in peace for so long: rates are over a minute. */
const BEFORE_MS = 20_000;
const AFTER_TIMEOUT_MS = 150_000;
const RECORDED_TIMEOUT_MS = 30_000;

/**
 * From a stream that is attacked to the administrator's message and back to rest, on a platform of its own beside one
 * that may run, which is gone when it is over.
 */
export async function gameDay({ settings: from }: Platform): Promise<void> {
  const stateDir = path.join(from.stateDir, 'game-day');
  await new Platform({ ...from, stateDir }).processes.sweep();
  rmSync(stateDir, { recursive: true, force: true });
  const day = await gameDaySettings(from, stateDir);
  const platform = new Platform(day.settings);
  const stopListening = downOnInterrupt(platform);
  print(bold('Game day: an attack, an alert, and a cost ceiling that holds'));
  print(
    dim(
      'Workers stand in for replicas; their CPU limit is what they are measured by, and no kernel enforces it.',
    ),
  );
  print();
  try {
    await firstChampion(platform);
    await startUnderWatch(platform);
    const checks = await play(platform, day);
    print();
    for (const { what, passed, found } of checks)
      print(`  ${passed ? green('✔') : red('✘')} ${what}: ${found}`);
    print();
    const failed = checks.filter(({ passed }) => !passed).length;
    if (failed > 0) throw new PlatformFailure(`${failed} of ${checks.length} checks failed.`);
  } finally {
    stopListening();
    if (from.keep) print(dim(`  It goes on running: make down PLATFORM_STATE_DIR=${stateDir}`));
    else await down(platform);
  }
}

/** Trained as everywhere, by a tier that is open and of one process; then what trained it ends, to leave the CPU to the day. */
async function firstChampion(platform: Platform): Promise<void> {
  const training = new Platform({
    ...platform.settings,
    handedOn: { ...platform.settings.handedOn, serving: {} },
  });
  await preflight(training);
  const push = pushDags(training);
  await startServices(training);
  await runRetraining(training.airflowApi, training.settings, push, true);
  await training.processes.stop('serving');
  await training.processes.stop('airflow');
}

async function startUnderWatch(platform: Platform): Promise<void> {
  const { settings, processes } = platform;
  const { kafka, stream } = platform.streaming();
  const start = (service: typeof kafka): Promise<void> =>
    ensureRunning(service, processes, settings.startTimeoutMs);
  await Promise.all([start(platform.services().serving), start(kafka)]);
  const champion = await readChampion(settings);
  if (champion === undefined) throw new PlatformFailure('No version became champion.');
  await untilFleetServes(settings, champion);
  await start(stream);
  // As with `make monitoring-up`: each tries again while another does not answer yet.
  await Promise.all(platform.monitoring().map(start));
}

async function play(
  { settings, secrets, processes }: Platform,
  { clientKey }: GameDaySettings,
): Promise<readonly Check[]> {
  const { attack: plan, autoscaler: scaling, ports, urls } = settings;
  const prometheus = new PrometheusReader(urls.prometheus);
  const tier = new TierWorkers(urls.management, secrets.servingAdminToken);
  const scaler = new Autoscaler(scaling.rule, scaling.cpuLimitCores, tier, prometheus);
  const rows = await modelRows(urls.serving);
  const clients = new SteadyClients(
    { url: urls.serving, apiKey: clientKey, body: `{"instances":[${rows[0]!}]}`, ratePerSecond: CLIENT_RATE },
    'before',
  );
  const metrics = new AttackMetrics();
  const topic = await openTopic([`127.0.0.1:${ports.kafka}`], plan.topic, plan.allowedHosts);
  const pages = [
    await serveMetrics(scaler.metrics, ports.autoscaler),
    await serveMetrics(metrics.registry, ports.attack),
  ];
  processes.scrapeTargets.add('autoscaler', { job: 'autoscaler', port: ports.autoscaler });
  processes.scrapeTargets.add('attack', { job: 'attack', port: ports.attack });
  const startedAt = new Date().toISOString();
  const folder = path.join(settings.projectDir, '.reports', 'game-day', startedAt.replaceAll(':', '-'));
  const attack = new Attack({ ...plan, rows, run: startedAt }, topic.send, metrics);
  const view = new AttackView();
  const watch = new AttackWatch(attack, prometheus, (moments) => {
    view.show(moments);
  });
  const closing = new AbortController();
  const scalingLoop = keepScaling(scaler, scaling.intervalMs, closing.signal);
  const marks: Mark[] = [];
  const second = (): number => watch.moments.at(-1)?.second ?? 0;
  const mark = (text: string): number => {
    marks.push({ second: second(), text });
    return second();
  };
  const isTold = (status: 'firing' | 'resolved'): boolean =>
    alertMessages(settings.notificationsDir, status) > 0;
  let end: AttackEnd = 'a ceiling is reached';
  let attackedAt = 0;
  let firingMessageAt: number | undefined;
  let resolvedMessageAt: number | undefined;
  let backToMinimumAt: number | undefined;
  try {
    clients.start();
    watch.start();
    say('steady clients ask; nobody attacks yet');
    await sleep(BEFORE_MS);
    clients.enter('during');
    attack.start();
    attackedAt = mark('attack');
    say(bold('the attack begins'));
    while (!attack.isOver && !isTold('firing')) await sleep(250);
    if (isTold('firing')) {
      firingMessageAt = mark('message');
      end = 'the notification arrived';
      say(bold('the administrator has the message: the attack ends'));
    }
    await attack.stop();
    clients.enter('after');
    const deadline = performance.now() + AFTER_TIMEOUT_MS;
    while (
      performance.now() < deadline &&
      (resolvedMessageAt === undefined || backToMinimumAt === undefined)
    ) {
      if (resolvedMessageAt === undefined && isTold('resolved')) {
        resolvedMessageAt = mark('resolved');
        say('the administrator knows that it is over');
      }
      if (backToMinimumAt === undefined && (await tier.read()).ids.length === scaling.rule.min) {
        backToMinimumAt = mark('at rest');
        say(`there are ${scaling.rule.min} replicas again`);
      }
      await sleep(500);
    }
    // Until the pictures show it too: rules look every 15 s.
    await untilRecorded(prometheus, scaling.rule.min);
    await drawDashboards(new PrometheusApi(urls.prometheus), {
      dashboards: path.join(settings.projectDir, 'monitoring', 'dashboards', 'generated'),
      target: path.join(folder, 'dashboards'),
      minutes: Math.ceil((second() + 30) / 60),
      scrapeInterval: settings.monitoringIntervalSeconds,
    });
  } finally {
    closing.abort();
    await Promise.all([attack.stop(), clients.stop(), watch.stop(), scalingLoop]);
    view.end();
    await topic.close();
    for (const page of pages) await page.close();
    for (const name of ['autoscaler', 'attack']) processes.scrapeTargets.remove(name);
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
    backToMinimumAt: sinceAttack(backToMinimumAt),
    greatestReplicas: verdict.greatestReplicas,
    maxReplicas: scaling.rule.max,
    minReplicas: scaling.rule.min,
    clients: clients.figures,
  });
  const message = alertMail(settings.notificationsDir);
  const sections = [
    '## What had to happen',
    'Seconds count from the beginning of the attack.',
    checks.map(({ what, passed, found }) => `- ${passed ? 'yes' : 'NO'}: ${what} (${found})`).join('\n'),
    ...(message === undefined ? [] : ['## What the administrator read', '```\n' + message + '\n```']),
    ...Object.keys(DRAWN).map((uid) => `![the dashboard ${uid}](dashboards/${uid}.svg)`),
  ];
  say(ceilingSentence(verdict));
  const extras = { marks, clients: clients.windows(5), sections };
  print(dim(`  report: ${await writeAttackReport(folder, result, plan, extras)}`));
  return checks;
}

/** Waits until the recorded number of replicas is this, or for as long as that may take. */
async function untilRecorded(prometheus: PrometheusReader, replicas: number): Promise<void> {
  const deadline = performance.now() + RECORDED_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const [count] = await prometheus.fresh('namespace:serving_replicas:count');
    if (count?.value === replicas) return;
    await sleep(1_000);
  }
}

async function keepScaling(scaler: Autoscaler, intervalMs: number, signal: AbortSignal): Promise<void> {
  let said = 0;
  while (!signal.aborted) {
    await scaler.look().then(
      ({ replicas, desired, utilisation }) => {
        if (desired === said) return;
        said = desired;
        const load =
          utilisation === undefined ? '' : ` at ${(utilisation * 100).toFixed(0)} % of their CPU limit`;
        say(`autoscaler: ${replicas} replicas${load}, ${bold(String(desired))} wanted`);
      },
      (error: unknown) => {
        say(`${yellow('autoscaler')}: ${messageOf(error)}`);
      },
    );
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
