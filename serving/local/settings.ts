import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { attackSettings, attackVariables } from './attack/attack-settings.js';
import { autoscalerSettings, autoscalerVariables } from './autoscaler/autoscaler-settings.js';
import { blueGreenSettings, blueGreenVariables } from './blue-green/blue-green-settings.js';
import { chaosSettings, chaosVariables } from './cluster/chaos/chaos-settings.js';
import { clusterSettings, clusterVariables } from './cluster/cluster-settings.js';
import { deploySettings, deployVariables } from './deploy/deploy-settings.js';
import { PlatformFailure } from './failure.js';
import { rolloutSettings, rolloutVariables } from './rollout/rollout-settings.js';
import { triggerVariables } from './trigger/trigger-settings.js';

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);
/** Make passes an unset variable as an empty string. */
const optionalText = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));
const flag = optionalText.transform((value) => /^(1|true|yes)$/i.test(value ?? ''));
const optionalNumber = optionalText.transform((value) => (value === undefined ? undefined : Number(value)));

const environment = z.object({
  /** Everything that is not a source: databases, logs, secrets, caches. Another folder is another platform. */
  PLATFORM_STATE_DIR: optionalText,
  MLFLOW_PORT: port(5000),
  AIRFLOW_PORT: port(8088),
  SERVING_PORT: port(8080),
  SERVING_GRPC_PORT: port(8081),
  SERVING_MANAGEMENT_PORT: port(8082),
  RETRAINING_REQUESTS_PORT: port(8083),
  STREAM_PORT: port(8084),
  KAFKA_PORT: port(9092),
  KAFKA_CONTROLLER_PORT: port(9094),
  KAFKA_METRICS_PORT: port(9404),
  /** The jars of the broker; `make` says where it has put them. */
  KAFKA_LIBS: optionalText,
  PROMETHEUS_PORT: port(9090),
  PUSHGATEWAY_PORT: port(9091),
  ALERTMANAGER_PORT: port(9093),
  NODE_EXPORTER_PORT: port(9100),
  STATSD_EXPORTER_PORT: port(9102),
  /** UDP: where Airflow sends its metrics, whether somebody listens or not. */
  STATSD_PORT: port(9125),
  /** What stands in for an administrator's mailbox, and for the webhooks of messengers. */
  SINK_SMTP_PORT: port(8025),
  SINK_WEBHOOK_PORT: port(8026),
  /** The registered model that the pipeline trains and that serving follows. */
  MODEL_NAME: z.string().min(1).default('credit-scoring'),
  /** file:, https:, s3: or synthetic:. The generator is the default, so that nothing has to be downloaded. */
  DATASET_URI: optionalText,
  SEED: optionalText,
  /** Comma-separated candidate names; the DAG's own default when empty. */
  CANDIDATES: optionalText,
  AUTO_PROMOTE: optionalText,
  REQUIRE_APPROVAL: optionalText,
  ANSWER: optionalText,
  NOTE: optionalText,
  /** `on`: DAGs run by the clock too, as where Airflow runs for good; `off`: when somebody or something asks. */
  SCHEDULES: z
    .enum(['on', 'off', ''])
    .default('off')
    .transform((value) => value || 'off'),
  /** Comma-separated kinds of smaller models (pruned, int8), or none; the DAG's own default when empty. */
  VARIANTS: optionalText,
  /** An ISO date or timestamp: train on what was known then. Now when empty. */
  AS_OF: optionalText,
  /** How many parameters to try before training; no search when empty. */
  SEARCH_TRIALS: optionalNumber.pipe(z.number().int().min(0).max(200).optional()),
  SEARCH_MINUTES: optionalNumber.pipe(z.number().positive().optional()),
  /** How often serving asks the registry where the alias points. A webhook hurries it. */
  POLL_INTERVAL_SECONDS: z.coerce.number().int().min(1).max(59).default(5),
  /** The first start writes databases and compiles bytecode: slow disks need minutes. */
  START_TIMEOUT_SECONDS: z.coerce.number().positive().default(240),
  /** A run that takes longer than this is left alone, and `make up` says where to look. */
  RUN_TIMEOUT_SECONDS: z.coerce.number().positive().default(1800),
  SERVICE: optionalText,
  /** `make drift-demo` leaves its platform running. */
  KEEP: optionalText.transform((value) => /^(1|true|yes)$/i.test(value ?? '')),
  /** How often Prometheus scrapes and evaluates. Shorter costs this machine more and is for tests. */
  MONITORING_INTERVAL_SECONDS: z.coerce.number().int().min(1).max(60).default(15),
  /** Instead of the five minutes for which the tier must have been hot before its alert fires, such as `20s`. */
  ALERT_FOR: optionalText.pipe(
    z
      .string()
      .regex(/^[1-9]\d*(s|m)$/, 'a duration such as 20s or 2m')
      .optional(),
  ),
  /** The folder of prometheus, alertmanager and the others; where `make` puts them when empty. */
  MONITORING_TOOLS_DIR: optionalText,
  /** How far back `make monitoring-picture` looks. */
  MINUTES: z.coerce.number().int().min(1).max(10_080).default(15),
  /** `make silence`: which alert, for how long, and why. */
  ALERT: optionalText,
  DURATION: optionalText.pipe(
    z
      .string()
      .regex(/^[1-9]\d{0,2}[mhd]$/, 'a duration such as 30m, 2h or 1d')
      .default('1h'),
  ),
  COMMENT: optionalText,
  /** `make silences`: the id of one that is to end now. */
  END: optionalText,
  /** A file instead of dags/retraining/monitoring/monitoring.yaml. */
  MONITORING_CONFIGURATION: optionalText,
  /** Push DAG files that Python can't read too. */
  FORCE: flag,
  ...autoscalerVariables.shape,
  ...attackVariables.shape,
  ...blueGreenVariables.shape,
  ...rolloutVariables.shape,
  ...triggerVariables.shape,
  ...clusterVariables.shape,
  ...chaosVariables.shape,
  ...deployVariables.shape,
});

/**
 * Settings of the services themselves, handed on as they are; what each means is said where it is read
 * (serving/docs/settings.md, dags/retraining/settings.py, dags/orchestration/assets.py).
 */
const handedOn = {
  airflow: [
    'PUSHGATEWAY_URL',
    'PROMETHEUS_URL',
    'RETRAINING_REQUESTS_KAFKA',
    'ROLLOUT_LOOK_SECONDS',
    'PROMOTION',
    'PROMOTION_REPOSITORY',
    'PROMOTION_ENVIRONMENT',
    'PROMOTION_TOKEN_FILE',
  ],
  serving: [
    'DRIFT_WINDOW_MINUTES',
    'DRIFT_MIN_ROWS',
    'DRIFT_PSI_UPPER',
    'DRIFT_PSI_LOWER',
    'PREDICTION_LOG_SAMPLE_RATE',
    'WORKERS',
    'MAX_WORKERS',
    'MAX_CONNECTION_AGE_SECONDS',
    'AUTH',
    'AUTH_ROUTES',
    'API_KEYS_FILE',
  ],
  stream: ['STREAM_MAX_IN_FLIGHT', 'STREAM_MAX_MESSAGE_BYTES', 'STREAM_API_KEY_FILE'],
} as const;

/** Every port that can be set. */
export const PORT_VARIABLES: readonly string[] = Object.keys(environment.shape).filter((name) =>
  name.endsWith('_PORT'),
);

export type Settings = ReturnType<typeof readSettings>;

/** The only reader of the environment in `local/`. */
export function readSettings(env: NodeJS.ProcessEnv = process.env) {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new PlatformFailure(`${issue?.path.join('.') ?? 'environment'}: ${issue?.message ?? 'invalid'}`);
  }
  const values = parsed.data;
  const projectDir = findProjectDir();
  const stateDir = path.resolve(projectDir, values.PLATFORM_STATE_DIR ?? '.local');
  const url = (number: number): string => `http://127.0.0.1:${number}`;
  return {
    projectDir,
    stateDir,
    logsDir: path.join(stateDir, 'logs'),
    dagRepository: path.join(stateDir, 'dags.git'),
    artifactCacheDir: path.join(stateDir, 'serving', 'artifacts'),
    /** What serving has predicted and what became of it; the monitoring DAGs read both. */
    feedbackDir: path.join(stateDir, 'feedback'),
    workspaceDir: path.join(stateDir, 'workspace'),
    airflowHome: path.join(stateDir, 'airflow'),
    mlflowDir: path.join(stateDir, 'mlflow'),
    kafkaDir: path.join(stateDir, 'kafka'),
    kafkaLibs: values.KAFKA_LIBS,
    /** What Alertmanager sent to the stand-in of an administrator. */
    notificationsDir: path.join(stateDir, 'notifications'),
    trainingPython: path.join(projectDir, '.venv', 'training', 'bin', 'python'),
    airflowBinDir: path.join(projectDir, '.venv', 'airflow', 'bin'),
    servingMain: path.join(projectDir, 'serving', 'dist', 'src', 'main.js'),
    streamMain: path.join(projectDir, 'serving', 'dist', 'src', 'stream', 'main.js'),
    servingCli: path.join(projectDir, 'serving', 'dist', 'src', 'cli', 'main.js'),
    ports: {
      mlflow: values.MLFLOW_PORT,
      airflow: values.AIRFLOW_PORT,
      serving: values.SERVING_PORT,
      grpc: values.SERVING_GRPC_PORT,
      management: values.SERVING_MANAGEMENT_PORT,
      retrainingRequests: values.RETRAINING_REQUESTS_PORT,
      stream: values.STREAM_PORT,
      kafka: values.KAFKA_PORT,
      kafkaController: values.KAFKA_CONTROLLER_PORT,
      kafkaMetrics: values.KAFKA_METRICS_PORT,
      prometheus: values.PROMETHEUS_PORT,
      pushgateway: values.PUSHGATEWAY_PORT,
      alertmanager: values.ALERTMANAGER_PORT,
      nodeExporter: values.NODE_EXPORTER_PORT,
      statsdExporter: values.STATSD_EXPORTER_PORT,
      statsd: values.STATSD_PORT,
      sinkSmtp: values.SINK_SMTP_PORT,
      sinkWebhook: values.SINK_WEBHOOK_PORT,
      autoscaler: values.AUTOSCALER_PORT,
      attack: values.ATTACK_PORT,
    },
    urls: {
      mlflow: url(values.MLFLOW_PORT),
      airflow: url(values.AIRFLOW_PORT),
      serving: url(values.SERVING_PORT),
      management: url(values.SERVING_MANAGEMENT_PORT),
      retrainingRequests: url(values.RETRAINING_REQUESTS_PORT),
      prometheus: url(values.PROMETHEUS_PORT),
      pushgateway: url(values.PUSHGATEWAY_PORT),
      alertmanager: url(values.ALERTMANAGER_PORT),
    },
    modelName: values.MODEL_NAME,
    modelAlias: 'champion',
    dagId: 'credit_scoring_retraining',
    datasetUri: values.DATASET_URI,
    seed: values.SEED,
    candidates: values.CANDIDATES,
    autoPromote: values.AUTO_PROMOTE,
    requireApproval: values.REQUIRE_APPROVAL,
    answer: values.ANSWER,
    note: values.NOTE,
    schedules: values.SCHEDULES,
    variants: values.VARIANTS,
    asOf: values.AS_OF,
    searchTrials: values.SEARCH_TRIALS,
    searchMinutes: values.SEARCH_MINUTES,
    pollIntervalSeconds: values.POLL_INTERVAL_SECONDS,
    startTimeoutMs: values.START_TIMEOUT_SECONDS * 1000,
    runTimeoutMs: values.RUN_TIMEOUT_SECONDS * 1000,
    service: values.SERVICE,
    keep: values.KEEP,
    monitoringIntervalSeconds: values.MONITORING_INTERVAL_SECONDS,
    alertFor: values.ALERT_FOR,
    monitoringToolsDir: values.MONITORING_TOOLS_DIR ?? path.join(projectDir, '.tools', 'monitoring', 'bin'),
    pictureMinutes: values.MINUTES,
    silence: { alert: values.ALERT, duration: values.DURATION, comment: values.COMMENT, end: values.END },
    monitoringConfiguration:
      values.MONITORING_CONFIGURATION && path.resolve(projectDir, values.MONITORING_CONFIGURATION),
    handedOn: {
      airflow: chosen(env, handedOn.airflow),
      serving: chosen(env, handedOn.serving),
      stream: chosen(env, handedOn.stream),
    },
    force: values.FORCE,
    autoscaler: autoscalerSettings(values),
    attack: attackSettings(values),
    blueGreen: blueGreenSettings(values),
    rollout: rolloutSettings(values, (file) => path.resolve(projectDir, file)),
    // Read by the one command that needs it.
    trigger: triggerVariables.parse(values),
    cluster: clusterSettings(values),
    chaos: chaosSettings(values),
    deploy: deploySettings(values, (file) => path.resolve(projectDir, file)),
  };
}

/** Those of the variables that are set; Make passes an unset one as an empty string. */
function chosen(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** The sources run from serving/local, the build from serving/dist/local: look upwards for the Makefile. */
function findProjectDir(): string {
  let dir = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(dir, 'Makefile'))) {
    const parent = path.dirname(dir);
    if (parent === dir) throw new PlatformFailure('No Makefile above serving/local: this is not a checkout.');
    dir = parent;
  }
  return dir;
}
