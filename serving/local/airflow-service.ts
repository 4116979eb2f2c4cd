import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import axios from 'axios';
import { z } from 'zod';
import type { ScrapeTarget } from './monitoring/scrape-targets.js';
import type { Command, ProcessEntry } from './process-table.js';
import { writePrivateFile, type Secrets } from './secrets.js';
import { inheritedEnvironment, type Service } from './service.js';
import type { Settings } from './settings.js';

const component = z.object({ status: z.string().nullable() });
const healthSchema = z.object({
  metadatabase: component,
  scheduler: component.extend({ latest_scheduler_heartbeat: z.string().nullable() }),
  dag_processor: component.extend({ latest_dag_processor_heartbeat: z.string().nullable() }),
});

/** Airflow standalone: API server, scheduler with local workers, DAG processor, triggerer; SQLite. */
export class AirflowService implements Service {
  readonly name = 'airflow';
  readonly url: string;
  /** Of statsd_exporter, to which it sends: without an Airflow there is nothing to miss there. */
  readonly scrape: ScrapeTarget;
  private readonly shimDir: string;

  constructor(
    private readonly settings: Settings,
    private readonly secrets: Secrets,
  ) {
    this.url = settings.urls.airflow;
    this.scrape = { job: 'airflow', port: settings.ports.statsdExporter };
    this.shimDir = path.join(settings.airflowHome, 'bin');
  }

  prepare(): void {
    const { airflowHome, workspaceDir } = this.settings;
    mkdirSync(workspaceDir, { recursive: true });
    writePrivateFile(
      path.join(airflowHome, 'passwords.json'),
      `${JSON.stringify({ admin: this.secrets.airflowPassword })}\n`,
    );
    this.writeShim();
  }

  command(): Command {
    return {
      file: path.join(this.settings.airflowBinDir, 'airflow'),
      args: ['standalone'],
      cwd: this.settings.airflowHome,
      env: { ...this.processEnvironment(), ...this.airflowEnvironment(), ...this.pipelineEnvironment() },
    };
  }

  /**
   * The heartbeats must be of this start: those of an earlier one, stopped seconds ago, still count as
   * healthy. The triggerer is not waited for: nothing in the pipeline defers.
   */
  async missing(since: ProcessEntry): Promise<string | undefined> {
    const response = await axios.get(`${this.url}/api/v2/monitor/health`, { timeout: 5000 });
    const health = healthSchema.parse(response.data);
    const alive = (status: string | null, heartbeat: string | null): boolean =>
      status === 'healthy' && heartbeat !== null && Date.parse(heartbeat) >= Date.parse(since.startedAt);
    if (health.metadatabase.status !== 'healthy') return 'its database';
    if (!alive(health.scheduler.status, health.scheduler.latest_scheduler_heartbeat)) return 'its scheduler';
    if (!alive(health.dag_processor.status, health.dag_processor.latest_dag_processor_heartbeat)) {
      return 'its DAG processor';
    }
    return undefined;
  }

  private processEnvironment(): Record<string, string> {
    const base = inheritedEnvironment();
    return {
      ...base,
      PATH: [this.shimDir, this.settings.airflowBinDir, base['PATH'] ?? ''].join(path.delimiter),
      PYTHONUNBUFFERED: '1',
      // Airflow renames its processes; without this it would write the name over their environment, which
      // is where `make down` looks for the platform's marker.
      SPT_NOENV: '1',
      // Forked workers on macOS fail inside the system's proxy look-up.
      OBJC_DISABLE_INITIALIZE_FORK_SAFETY: 'YES',
      // Git must neither ask for a password nor read a machine's own settings.
      GIT_TERMINAL_PROMPT: '0',
    };
  }

  private airflowEnvironment(): Record<string, string> {
    const { settings, secrets } = this;
    const bundle = {
      name: 'dags',
      classpath: 'airflow.providers.git.bundles.git.GitDagBundle',
      kwargs: {
        repo_url: settings.dagRepository,
        tracking_ref: 'main',
        subdir: 'dags',
        refresh_interval: 3,
      },
    };
    return {
      AIRFLOW_HOME: settings.airflowHome,
      AIRFLOW__CORE__EXECUTOR: 'LocalExecutor',
      AIRFLOW__CORE__PARALLELISM: '3',
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      AIRFLOW__CORE__DAGS_FOLDER: path.join(settings.airflowHome, 'no-dags-folder'),
      // What the triggerer imports: it knows no DAG bundle.
      AIRFLOW__CORE__PLUGINS_FOLDER: path.join(settings.projectDir, 'dags', 'plugins'),
      AIRFLOW__CORE__FERNET_KEY: secrets.airflowFernetKey,
      AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: path.join(settings.airflowHome, 'passwords.json'),
      AIRFLOW__API__HOST: '127.0.0.1',
      AIRFLOW__API__PORT: String(settings.ports.airflow),
      AIRFLOW__API__BASE_URL: settings.urls.airflow,
      AIRFLOW__API__SECRET_KEY: secrets.airflowApiSecretKey,
      AIRFLOW__API_AUTH__JWT_SECRET: secrets.airflowJwtSecret,
      AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: JSON.stringify([bundle]),
      AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH: path.join(settings.airflowHome, 'bundles'),
      // A push is live within seconds: look often, parse in one process, and only what changed.
      AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL: '1',
      AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES: '1',
      AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: '60',
      AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC: '2',
      AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME: '0.3',
      // After a crash: the next scheduler takes over the run within seconds instead of minutes.
      AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL: '15',
      AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT: '60',
      AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS: 'False',
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${path.join(settings.airflowHome, 'airflow.db')}`,
      AIRFLOW__LOGGING__COLORED_CONSOLE_LOG: 'False',
      // By UDP: whether somebody listens makes no difference to Airflow. DAG and task come as tags.
      AIRFLOW__METRICS__STATSD_ON: 'True',
      AIRFLOW__METRICS__STATSD_HOST: '127.0.0.1',
      AIRFLOW__METRICS__STATSD_PORT: String(settings.ports.statsd),
      AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED: 'True',
      AIRFLOW__METRICS__LEGACY_NAMES_ON: 'False',
    };
  }

  /** What every task of the retraining pipeline inherits. */
  private pipelineEnvironment(): Record<string, string> {
    const { settings } = this;
    return {
      MLFLOW_TRACKING_URI: settings.urls.mlflow,
      MODEL_NAME: settings.modelName,
      // Runs here are asked for. By the clock, the week that was missed before this machine was started would be
      // trained at once, beside the run that `make up` follows.
      SCHEDULES: settings.schedules,
      DATASET_URI: settings.datasetUri ?? 'synthetic:',
      FEEDBACK_URI: `file://${settings.feedbackDir}`,
      // Pushed whenever `make monitoring-up` has been; otherwise it costs a task a line in its log.
      PUSHGATEWAY_URL: settings.urls.pushgateway,
      ...(settings.monitoringConfiguration === undefined
        ? {}
        : { MONITORING_CONFIGURATION: settings.monitoringConfiguration }),
      // Asked when there is a champion to watch; where `make monitoring-up` has not been, nobody watches it.
      PROMETHEUS_URL: settings.urls.prometheus,
      ...(settings.rollout.platformPlanFile === undefined
        ? {}
        : { ROLLOUT_PLAN: settings.rollout.platformPlanFile }),
      ...settings.handedOn.airflow,
      RETRAINING_WORKSPACE_URI: `file://${settings.workspaceDir}`,
      TRAINING_PYTHON: settings.trainingPython,
      SERVING_CLI: [process.execPath, settings.servingCli].map(shellWord).join(' '),
      // A promotion is over when the replica serves it, and rollback knows which versions really did.
      SERVING_REPLICAS: settings.urls.management,
      // The two candidates train at once. More threads than cores would wait for one another, spinning.
      OMP_NUM_THREADS: String(Math.max(1, Math.floor(availableParallelism() / 2))),
      OMP_WAIT_POLICY: 'PASSIVE',
      MLFLOW_DISABLE_TELEMETRY: 'true',
    };
  }

  /**
   * `airflow standalone` starts its parts by the name `airflow`. Two of them would each open a log server on
   * every address of the machine; the API server reads the same files from disk, so they are told not to.
   */
  private writeShim(): void {
    mkdirSync(this.shimDir, { recursive: true });
    const airflow = shellWord(path.join(this.settings.airflowBinDir, 'airflow'));
    const file = path.join(this.shimDir, 'airflow');
    const lines = [
      '#!/bin/sh',
      'case "$1" in',
      `  scheduler | triggerer) exec ${airflow} "$@" --skip-serve-logs ;;`,
      `  *) exec ${airflow} "$@" ;;`,
      'esac',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    chmodSync(file, 0o755);
  }
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
