import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import type { Colour } from './blue-green/traffic-split.js';
import { PlatformFailure } from './failure.js';
import type { Platform } from './platform.js';
import { isPortFree, portHolder, type PortClaim } from './ports.js';
import type { ProcessTable } from './process-table.js';
import type { ServiceName } from './service.js';

/** Databases, logs, artifacts and one run's workspace of the local platform, with room to spare. */
const neededBytes = 1024 ** 3;

/** Everything that can be known to be wrong before a process is started. */
export async function preflight(platform: Platform): Promise<void> {
  const { settings } = platform;
  checkInstalled(settings.trainingPython);
  checkInstalled(settings.airflowBinDir);
  checkInstalled(settings.servingMain);
  mkdirSync(settings.stateDir, { recursive: true, mode: 0o700 });
  checkDisk(settings.stateDir);
  await checkPorts(platform);
}

/** Ports of services that this instance runs itself are taken, and rightly so. */
export async function checkPorts({ settings, processes }: Platform): Promise<void> {
  const claims: Record<'mlflow' | 'airflow' | 'serving', PortClaim[]> = {
    mlflow: [{ port: settings.ports.mlflow, use: 'MLflow', variable: 'MLFLOW_PORT' }],
    airflow: [{ port: settings.ports.airflow, use: 'Airflow', variable: 'AIRFLOW_PORT' }],
    serving: [
      { port: settings.ports.serving, use: 'serving', variable: 'SERVING_PORT' },
      { port: settings.ports.grpc, use: "serving's gRPC", variable: 'SERVING_GRPC_PORT' },
      { port: settings.ports.management, use: "serving's management", variable: 'SERVING_MANAGEMENT_PORT' },
    ],
  };
  await checkClaims(processes, claims, 'up');
}

/** The same for what watches the platform. */
export async function checkMonitoringPorts({ settings, processes }: Platform): Promise<void> {
  const { ports } = settings;
  const claims: Partial<Record<ServiceName, PortClaim[]>> = {
    prometheus: [{ port: ports.prometheus, use: 'Prometheus', variable: 'PROMETHEUS_PORT' }],
    alertmanager: [{ port: ports.alertmanager, use: 'Alertmanager', variable: 'ALERTMANAGER_PORT' }],
    pushgateway: [{ port: ports.pushgateway, use: 'Pushgateway', variable: 'PUSHGATEWAY_PORT' }],
    'statsd-exporter': [
      { port: ports.statsdExporter, use: 'statsd_exporter', variable: 'STATSD_EXPORTER_PORT' },
    ],
    'node-exporter': [{ port: ports.nodeExporter, use: 'node_exporter', variable: 'NODE_EXPORTER_PORT' }],
    'notification-sink': [
      { port: ports.sinkSmtp, use: 'the mail of notifications', variable: 'SINK_SMTP_PORT' },
      { port: ports.sinkWebhook, use: 'webhooks of notifications', variable: 'SINK_WEBHOOK_PORT' },
    ],
    'retraining-requests': [
      { port: ports.retrainingRequests, use: 'retraining requests', variable: 'RETRAINING_REQUESTS_PORT' },
    ],
  };
  await checkClaims(processes, claims, 'monitoring-up');
}

/** The same for the stream and its broker. */
export async function checkKafkaPorts({ settings, processes }: Platform): Promise<void> {
  const { ports } = settings;
  const claims: Partial<Record<ServiceName, PortClaim[]>> = {
    kafka: [
      { port: ports.kafka, use: 'Kafka', variable: 'KAFKA_PORT' },
      { port: ports.kafkaController, use: "Kafka's controller", variable: 'KAFKA_CONTROLLER_PORT' },
      { port: ports.kafkaMetrics, use: "Kafka's metrics", variable: 'KAFKA_METRICS_PORT' },
    ],
    stream: [{ port: ports.stream, use: 'the stream', variable: 'STREAM_PORT' }],
  };
  await checkClaims(processes, claims, 'kafka-up');
}

/** The same for two releases and what is in front of them. */
export async function checkBlueGreenPorts({ settings, processes }: Platform): Promise<void> {
  const { port, managementPort, colours } = settings.blueGreen;
  const ofColour = (colour: Colour): PortClaim[] => [
    { port: colours[colour].port, use: colour, variable: `${colour.toUpperCase()}_PORT` },
    {
      port: colours[colour].grpcPort,
      use: `${colour}'s gRPC`,
      variable: `${colour.toUpperCase()}_GRPC_PORT`,
    },
    {
      port: colours[colour].managementPort,
      use: `${colour}'s management`,
      variable: `${colour.toUpperCase()}_MANAGEMENT_PORT`,
    },
  ];
  const claims: Partial<Record<ServiceName, PortClaim[]>> = {
    blue: ofColour('blue'),
    green: ofColour('green'),
    nginx: [
      { port, use: 'nginx', variable: 'BLUE_GREEN_PORT' },
      { port: managementPort, use: "nginx's management", variable: 'BLUE_GREEN_MANAGEMENT_PORT' },
    ],
  };
  await checkClaims(processes, claims, 'blue-green');
}

async function checkClaims(
  processes: ProcessTable,
  claims: Partial<Record<ServiceName, PortClaim[]>>,
  target: string,
): Promise<void> {
  // The children of a killed leader may hold its port; they are ours to end.
  await processes.endStragglers();
  for (const [name, wanted] of Object.entries(claims)) {
    if (processes.running(name)) continue;
    for (const claim of wanted) await checkPort(claim, target);
  }
}

async function checkPort({ port, use, variable }: PortClaim, target: string): Promise<void> {
  if (await isPortFree(port)) return;
  const holder = portHolder(port);
  throw new PlatformFailure(
    `Port ${port}, wanted for ${use}, is taken${holder === undefined ? '' : ` by ${holder}`}.`,
    `Stop that, or choose another: make ${target} ${variable}=${port + 10_000 > 65_535 ? port - 1000 : port + 10_000}`,
  );
}

function checkInstalled(file: string): void {
  if (!existsSync(file)) throw new PlatformFailure(`${file} is missing.`, 'Run `make install build`.');
}

function checkDisk(dir: string): void {
  const { bavail, bsize } = statfsSync(dir);
  const free = bavail * bsize;
  if (free >= neededBytes) return;
  const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MB`;
  throw new PlatformFailure(
    `The disk of ${dir} has ${megabytes(free)} left; the platform wants ${megabytes(neededBytes)}.`,
    'Free some space, or put the state elsewhere: make up PLATFORM_STATE_DIR=/another/disk',
  );
}
