import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { modelRows } from '../attack/model-rows.js';
import { Autoscaler } from '../autoscaler/autoscaler.js';
import { TierWorkers } from '../autoscaler/tier-workers.js';
import { readChampion } from '../champion.js';
import { bold, dim, print, say, yellow } from '../console.js';
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
import { gameDaySettings, type GameDaySettings } from './game-day-settings.js';
import { playGameDay } from './play.js';

const CLIENT_RATE = 20;
const CLIENT_CONNECTIONS = 8;
const CLIENT_TIMEOUT_MS = 5_000;
/** The tier is looked at in peace for so long: rates are over a minute. */
const BEFORE_MS = 20_000;
const AFTER_TIMEOUT_MS = 150_000;

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
    await play(platform, day);
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
): Promise<void> {
  const { autoscaler: scaling, ports, urls } = settings;
  const tier = new TierWorkers(urls.management, secrets.servingAdminToken);
  const scaler = new Autoscaler(
    scaling.rule,
    scaling.cpuLimitCores,
    tier,
    new PrometheusReader(urls.prometheus),
  );
  const rows = await modelRows(urls.serving);
  const page = await serveMetrics(scaler.metrics, ports.autoscaler);
  processes.scrapeTargets.add('autoscaler', { job: 'autoscaler', port: ports.autoscaler });
  processes.scrapeTargets.add('attack', { job: 'attack', port: ports.attack });
  const closing = new AbortController();
  const scalingLoop = keepScaling(scaler, scaling.intervalMs, closing.signal);
  try {
    await playGameDay({
      place:
        'On one machine: workers of the tier stand in for replicas, and the alert fires after a shorter time than the shipped one.',
      plan: settings.attack,
      brokers: [`127.0.0.1:${ports.kafka}`],
      rows,
      clients: {
        url: `${urls.serving}/predict`,
        headers: { 'x-api-key': clientKey },
        bodies: [`{"instances":[${rows[0]!}]}`],
        connections: CLIENT_CONNECTIONS,
        ratePerSecond: CLIENT_RATE,
        timeoutMs: CLIENT_TIMEOUT_MS,
      },
      prometheusUrl: urls.prometheus,
      scrapeIntervalSeconds: settings.monitoringIntervalSeconds,
      notificationsDir: settings.notificationsDir,
      minReplicas: scaling.rule.min,
      maxReplicas: scaling.rule.max,
      countReplicas: async () => (await tier.read()).ids.length,
      attackPage: { host: '127.0.0.1', port: ports.attack },
      beforeMs: BEFORE_MS,
      afterTimeoutMs: AFTER_TIMEOUT_MS,
      projectDir: settings.projectDir,
      reports: 'game-day',
    });
  } finally {
    closing.abort();
    await scalingLoop;
    await page.close();
    for (const name of ['autoscaler', 'attack']) processes.scrapeTargets.remove(name);
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
