import { rmSync } from 'node:fs';
import path from 'node:path';
import axios from 'axios';
import { z } from 'zod';
import { ATTACK_ALERT } from '../../attack/moment.js';
import { modelRows } from '../../attack/model-rows.js';
import { bold, complain, dim, print, say } from '../../console.js';
import { PlatformFailure } from '../../failure.js';
import { freePorts } from '../../free-ports.js';
import { playGameDay, type Stage } from '../../game-day/play.js';
import { notificationLine } from '../../monitoring/notification-sink/notification-line.js';
import { startNotificationSink } from '../../monitoring/notification-sink/notification-sink.js';
import type { Platform } from '../../platform.js';
import { PrometheusReader } from '../../prometheus-reader.js';
import type { Settings } from '../../settings.js';
import { ensureAddons } from '../cluster-addons.js';
import { SERVING_PODS } from '../cluster-fleet.js';
import { imagesIn, loadImages } from '../platform-images.js';
import { install, installationOf } from '../platform-installation.js';
import { contextOf } from '../playground.js';
import { gatewayAddress } from '../gateway-address.js';
import { Helm, type Installation } from '../helm.js';
import { Kubernetes } from '../kubernetes.js';
import type { LoadPlan } from '../load-report.js';
import { podSchema } from '../pods.js';
import { ForwardedPorts } from '../port-forward.js';
import { clusterGameDaySettings } from './cluster-game-day-settings.js';
import { attackTarget, deleteGameDayObjects, ensureGameDayKeys, shortenAlert } from './game-day-objects.js';
import { monitoringImages } from './monitoring-images.js';
import { ownAddressTowards } from './own-address.js';

const CLIENT_RATE = 20;
const CLIENT_CONNECTIONS = 8;
const CLIENT_TIMEOUT_MS = 5_000;
const BEFORE_MS = 30_000;
/** Replicas are taken away when load has been gone for five minutes, one a minute. */
const AFTER_TIMEOUT_MS = 15 * 60_000;
/** New pods are busy with starting, for which the autoscaler may bring more. */
const CALM_TIMEOUT_MS = 12 * 60_000;
const CALM_LOOK_MS = 5_000;
const SCRAPE_INTERVAL_SECONDS = 15;
const PROMETHEUS_PORT = 9090;
/** The listener of the dev broker that says it is at 127.0.0.1, at this same port. */
const KAFKA_PORT = 19094;

const autoscalerSchema = z.object({ spec: z.object({ minReplicas: z.number(), maxReplicas: z.number() }) });
const nodeSchema = z.object({
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string() })) }),
});

interface Cluster {
  readonly kubernetes: Kubernetes;
  readonly helm: Helm;
  /** Of KUBECONFIG. */
  readonly context: string;
  readonly settings: Settings;
}

/**
 * The same day as on one machine, of the platform that `make cluster-up` has installed: the cluster's autoscaler, the
 * shipped alert with its five minutes, a Prometheus and an Alertmanager of the operator. Afterwards the platform is as
 * it was.
 */
export async function clusterGameDay({ settings: from }: Platform): Promise<void> {
  const settings = clusterGameDaySettings(process.env);
  const context = await contextOf(settings.cluster);
  const { namespace, release } = settings.cluster;
  const kubernetes = new Kubernetes(namespace);
  const helm = new Helm(namespace);
  const before = await helm.find(release);
  if (before === undefined)
    throw new PlatformFailure(
      `There is no platform in namespace ${namespace}.`,
      'Run `make cluster-up` first.',
    );
  print(bold('Game day in a cluster: an attack, an alert, and a cost ceiling that holds'));
  print();
  const closing: (() => unknown)[] = [];
  const undo = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
    if (from.keep) {
      print(dim(`  It stays as it is: helm -n ${namespace} rollback ${release} ${before.revision}`));
      return;
    }
    say('the platform becomes what it was');
    await helm.rollback(release, settings.cluster.timeoutMinutes, before.revision);
    await scaleAirflow(kubernetes, 1);
    await deleteGameDayObjects(kubernetes);
  };
  const interrupt = (): void => {
    complain('\nInterrupted.');
    void undo().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const day = await openDay({ kubernetes, helm, context, settings }, closing);
    await untilCalm(kubernetes, day);
    await playGameDay(day);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await undo();
  }
}

/** The platform under its values of the day, with everything that listens on this machine. @param closing gets what ends it */
async function openDay(cluster: Cluster, closing: (() => unknown)[]): Promise<Stage> {
  const { kubernetes, settings } = cluster;
  const { namespace } = kubernetes;
  const [nodeAddress] = await nodeAddresses(kubernetes);
  const host = await ownAddressTowards(nodeAddress!);
  const [smtpPort, webhookPort, attackPort] = (await freePorts(3)) as [number, number, number];
  const clientKey = await ensureGameDayKeys(kubernetes);
  if (await scaleAirflow(kubernetes, 0)) say('Airflow rests: its CPU is left to the day');
  await upgrade(cluster, [
    `dev.monitoring.alertmanager.sink.host=${host}`,
    `dev.monitoring.alertmanager.sink.smtpPort=${smtpPort}`,
    `dev.monitoring.alertmanager.sink.webhookPort=${webhookPort}`,
    ...(await monitoringImages(settings)),
  ]);
  if (settings.alertFor !== undefined) await shortenAlert(kubernetes, settings.alertFor);

  const notificationsDir = path.join(settings.stateDir, 'cluster-game-day', 'notifications');
  rmSync(notificationsDir, { recursive: true, force: true });
  const sink = await startNotificationSink({
    folder: notificationsDir,
    host,
    smtpPort,
    webhookPort,
    token: (await kubernetes.secret('alertmanager'))['webhook-token'],
    onNotification(notification) {
      if (notification.channel !== 'watchdog') say(notificationLine(notification));
    },
  });
  closing.push(() => sink.close());
  await kubernetes.apply(attackTarget(`${host}:${attackPort}`, namespace));

  const prometheus = await ForwardedPorts.open(namespace, 'service/prometheus-operated', [PROMETHEUS_PORT]);
  closing.push(prometheus.close);
  const kafka = await ForwardedPorts.open(namespace, 'pod/kafka-0', [KAFKA_PORT], { sameHere: true });
  closing.push(kafka.close);
  const gateway = await gatewayAddress(kubernetes, 'serving');
  closing.push(() => {
    gateway.close();
  });
  const { spec } = await kubernetes.get(autoscalerSchema, 'hpa', 'serving');
  const named = gateway.host === undefined ? {} : { host: gateway.host };
  const rows = await modelRows(gateway.url, named);
  return {
    place: `In a cluster: the HorizontalPodAutoscaler, Prometheus and Alertmanager are real, and ${holdSentence(settings)}`,
    plan: settings.attack,
    brokers: [`127.0.0.1:${KAFKA_PORT}`],
    rows,
    clients: {
      url: `${gateway.url}/predict`,
      headers: { 'x-api-key': clientKey, ...named },
      bodies: [`{"instances":[${rows[0]!}]}`],
      connections: CLIENT_CONNECTIONS,
      ratePerSecond: CLIENT_RATE,
      timeoutMs: CLIENT_TIMEOUT_MS,
    },
    prometheusUrl: `http://127.0.0.1:${prometheus.of(PROMETHEUS_PORT)}`,
    scrapeIntervalSeconds: SCRAPE_INTERVAL_SECONDS,
    notificationsDir,
    minReplicas: spec.minReplicas,
    maxReplicas: spec.maxReplicas,
    countReplicas: () => servingPods(kubernetes),
    attackPage: { host, port: attackPort },
    beforeMs: BEFORE_MS,
    afterTimeoutMs: AFTER_TIMEOUT_MS,
    projectDir: settings.projectDir,
    reports: 'cluster-game-day',
  };
}

function holdSentence({ alertFor }: Settings): string {
  return alertFor === undefined
    ? 'the alert is the shipped one.'
    : `the alert fires after ${alertFor} (ALERT_FOR) instead of the shipped time.`;
}

async function upgrade(
  { kubernetes, helm, context, settings }: Cluster,
  set: readonly string[],
): Promise<void> {
  const usual = installationOf(settings);
  const installation: Installation = {
    ...usual,
    values: [...usual.values, path.join(settings.projectDir, 'helm', 'values', 'dev', 'game-day.yaml')],
    set: [...(usual.set ?? []), ...set],
  };
  await helm.buildDependencies(installation.chart);
  const manifests = await helm.template(installation);
  await ensureAddons(kubernetes, settings.cluster, manifests);
  const own = imagesIn(manifests).filter((image) => image.startsWith(`${settings.cluster.imageRegistry}/`));
  await loadImages(kubernetes, settings.cluster, context, own);
  // What runs was brought up to date by whoever installed it; the rest is new.
  await install(kubernetes, helm, installation, []);
}

/** Whether there is one: the dev mode's, of whose pods the chart names no number. */
async function scaleAirflow(kubernetes: Kubernetes, replicas: number): Promise<boolean> {
  const found = await kubernetes.find(z.unknown(), 'statefulset', 'airflow');
  if (found === undefined) return false;
  await kubernetes.scale('statefulset', 'airflow', replicas);
  return true;
}

async function nodeAddresses(kubernetes: Kubernetes): Promise<string[]> {
  const nodes = await kubernetes.list(nodeSchema, 'nodes');
  return nodes.flatMap(({ status }) =>
    status.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  );
}

/** What one of the steady clients would get. */
async function statusOf({ url, headers, bodies }: LoadPlan): Promise<number | undefined> {
  const asked = axios.post(url, bodies[0], {
    headers: { 'content-type': 'application/json', ...headers },
    timeout: CLIENT_TIMEOUT_MS,
    proxy: false,
    validateStatus: () => true,
  });
  return asked.then(
    ({ status }) => status,
    () => undefined,
  );
}

/** Pods of the tier that are not being deleted: what an attack costs. */
async function servingPods(kubernetes: Kubernetes): Promise<number> {
  const pods = await kubernetes.list(podSchema, 'pods', SERVING_PODS);
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length;
}

/** Returns when as many replicas are there as at rest, and Prometheus knows them and all that the day is read from. */
async function untilCalm(
  kubernetes: Kubernetes,
  { prometheusUrl, minReplicas, clients }: Stage,
): Promise<void> {
  const prometheus = new PrometheusReader(prometheusUrl);
  const count = async (series: string): Promise<number | undefined> =>
    (await prometheus.fresh(series))[0]?.value;
  await kubernetes.waitFor(
    async () => ({
      pods: await servingPods(kubernetes),
      replicas: await count('namespace:serving_replicas:count'),
      cpu: await count('namespace_replica:serving_cpu:utilisation'),
      lag: await count('namespace:stream_lag:sum'),
      alert: await prometheus.alert(ATTACK_ALERT),
      status: await statusOf(clients),
    }),
    {
      missing: ({ pods, replicas, cpu, lag, alert, status }) => {
        if (status !== 200) return `clients get ${status ?? 'no answer'}`;
        if (pods !== minReplicas) return `there are ${pods} replicas; at rest there are ${minReplicas}`;
        if (replicas !== minReplicas) return 'Prometheus does not count them yet';
        if (cpu === undefined) return 'Prometheus does not know their CPU yet';
        if (lag === undefined) return 'Prometheus does not know the lag of the stream yet';
        return alert === 'inactive' ? undefined : `${ATTACK_ALERT} is ${alert}`;
      },
      onProgress: (missing) => {
        say(dim(missing));
      },
      what: 'a calm platform',
      timeoutMs: CALM_TIMEOUT_MS,
      intervalMs: CALM_LOOK_MS,
    },
  );
}
