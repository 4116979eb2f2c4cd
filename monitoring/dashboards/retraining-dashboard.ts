import type { DashboardDefinition } from './definition.js';
import { LIMITS } from './limits.js';
import { NAMESPACE, orNone, orZero } from './promql.js';
import { NAMESPACE_VARIABLE } from './variables.js';

const DAG = `${NAMESPACE}, dag_id=~"$dag"`;
const A_DAY = 86_400;

export const retrainingDashboard: DashboardDefinition = {
  uid: 'retraining',
  title: 'Retraining',
  description:
    'Airflow and MLflow: runs, their tasks and verdicts, what is late, and whether the scheduler lives',
  variables: [
    NAMESPACE_VARIABLE,
    {
      name: 'dag',
      label: 'DAG',
      metric: 'airflow_task_finished_total{namespace=~"$namespace"}',
      labelName: 'dag_id',
    },
  ],
  rows: [
    {
      title: 'At a glance',
      charts: [
        {
          title: 'Runs in progress',
          description: 'One for hours: open the run in Airflow; a person may be asked for approval.',
          form: 'figure',
          unit: 'short',
          width: 4,
          queries: [{ expr: `max(airflow_dag_runs_running{${NAMESPACE}})`, legend: 'DAGs' }],
        },
        {
          title: 'Failed runs',
          description:
            'Open the run: `make retrain` and the dossier say which gate or task refused, and why.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'above' },
          queries: [
            {
              expr: orZero(`sum(airflow_dag_run_duration_seconds_count{state="failed", ${DAG}})`),
              legend: 'in the last 48 hours',
            },
          ],
          runbooks: ['RetrainingFailed'],
        },
        {
          title: 'Deadlines missed in a day',
          description:
            'A run takes longer than it should: compare the durations of its tasks with those of earlier runs.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'above' },
          queries: [
            {
              expr: orZero(
                `count(time() - airflow_dag_run_deadline_missed_timestamp_seconds{${DAG}} < ${A_DAY})`,
              ),
              legend: 'DAGs',
            },
          ],
          runbooks: ['RetrainingLate'],
        },
        {
          title: 'DAG files that do not import',
          description: 'No run of them starts: `make status` names the file and the error; revert the push.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'above' },
          queries: [{ expr: `max(airflow_dag_processing_import_errors{${NAMESPACE}})`, legend: 'files' }],
          runbooks: ['AirflowImportErrors'],
        },
        {
          title: "Age of the champion's data",
          description:
            'Grows past the line although runs succeed: candidates are refused or wait for approval.',
          form: 'figure',
          unit: 's',
          decimals: 1,
          width: 4,
          threshold: { value: LIMITS.championDataAgeSeconds, badWhen: 'above' },
          queries: [
            { expr: `max by (model) (model_champion_data_age_seconds{${NAMESPACE}})`, legend: '{{model}}' },
          ],
          runbooks: ['ModelChampionStale'],
        },
        {
          title: 'MLflow answers',
          description: '0: nothing can be registered or promoted; serving goes on with what it has.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'below' },
          queries: [{ expr: `max(up{job="mlflow", ${NAMESPACE}})`, legend: 'up' }],
          runbooks: ['RegistryDown'],
        },
      ],
    },
    {
      title: 'Runs',
      charts: [
        {
          title: 'Runs that ended, by outcome',
          description:
            'Each step is a run. A step of failed: open it in Airflow. No step when one was due: see the scheduler.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (dag_id, state) (airflow_dag_run_duration_seconds_count{${DAG}})`,
              legend: '{{dag_id}} {{state}}',
            },
          ],
          runbooks: ['RetrainingFailed', 'RetrainingLate', 'RolloutFailed'],
        },
        {
          title: 'Duration of runs, mean of the last 48 hours',
          description:
            'Grows: see which task below; data that grows is no fault, a search without bounds is.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (dag_id, state) (airflow_dag_run_duration_seconds_sum{${DAG}}) / sum by (dag_id, state) (airflow_dag_run_duration_seconds_count{${DAG}})`,
              legend: '{{dag_id}} {{state}}',
            },
          ],
          runbooks: ['RetrainingLate'],
        },
        {
          title: 'Duration of tasks, p90 of the last 48 hours',
          description:
            'The longest is where time can be won; ingest: the source; train: OMP_NUM_THREADS and the search.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `histogram_quantile(0.9, sum by (dag_id, task_id, le) (airflow_task_duration_seconds_bucket{${DAG}}))`,
              legend: '{{dag_id}} {{task_id}}',
            },
          ],
        },
        {
          title: 'From verdict to champion: how those tasks ended',
          description:
            'gates failed or skipped: the dossier has the evidence. bless failed: the version does not load. approve: a person is asked.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 12,
          queries: [
            {
              expr: orNone(
                `sum by (task_id, state) (airflow_task_finished_total{task_id=~"gates|register|bless|approve|promote", ${DAG}})`,
                'task_id',
              ),
              legend: '{{task_id}} {{state}}',
            },
          ],
          runbooks: ['RetrainingFailed'],
        },
        {
          title: 'Tasks that ended, by outcome',
          description:
            'up_for_retry and failed rise: one task, its log; many tasks, what they share: MLflow, disk, memory.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (state) (airflow_task_finished_total{${DAG}})`,
              legend: '{{state}}',
            },
          ],
        },
        {
          title: 'Deadlines missed, by DAG',
          description:
            'How long ago a run last missed its deadline; 0 where none ever did. Recent: look at that run now.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 12,
          queries: [
            {
              expr: orNone(
                `time() - max by (dag_id) (airflow_dag_run_deadline_missed_timestamp_seconds{${DAG}})`,
                'dag_id',
              ),
              legend: '{{dag_id}}',
            },
          ],
          runbooks: ['RetrainingLate'],
        },
      ],
    },
    {
      title: 'Airflow itself',
      charts: [
        {
          title: 'Heartbeats',
          description:
            'Zero for minutes: that process is dead, whatever its web page says. Restart it; runs go on by themselves.',
          form: 'lines',
          unit: 'cps',
          min: 0,
          width: 8,
          queries: ['scheduler', 'dag_processor', 'triggerer'].map((name) => ({
            expr: `sum(rate(airflow_${name}_heartbeat_total{${NAMESPACE}}[$__rate_interval]))`,
            legend: name.replace('_', ' '),
          })),
          runbooks: ['AirflowSchedulerDown'],
        },
        {
          title: 'Executor',
          description:
            'Queued with open slots: the scheduler is stuck. Queued without: more slots, or fewer runs at once.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            ...['running_tasks', 'queued_tasks', 'open_slots'].map((name) => ({
              expr: `sum(airflow_executor_${name}{${NAMESPACE}})`,
              legend: name.replace('_', ' '),
            })),
            {
              expr: `sum(airflow_scheduler_starving_tasks{${NAMESPACE}})`,
              legend: 'wait for a slot of their pool',
            },
          ],
        },
        {
          title: 'Reading DAG files',
          description: 'Longer than half a minute: a DAG file imports what belongs into a task.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `max(airflow_dag_processing_total_parse_seconds{${NAMESPACE}})`,
              legend: 'all files, once',
            },
          ],
          runbooks: ['AirflowImportErrors'],
        },
      ],
    },
    {
      title: 'MLflow',
      charts: [
        {
          title: 'Requests by status',
          description:
            '5xx: its log and its database. 4xx rise with a deployment: a client of another version.',
          form: 'stacked',
          unit: 'reqps',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (status) (rate(mlflow_http_request_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: '{{status}}',
            },
          ],
          runbooks: ['RegistryDown'],
        },
        {
          title: 'Duration of requests',
          description:
            'p99 of seconds: the database, or a search over all runs; replicas read the alias all the same.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 12,
          queries: ['0.5', '0.99'].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(mlflow_http_request_duration_seconds_bucket{${NAMESPACE}}[$__rate_interval])))`,
            legend: quantile === '0.5' ? 'median' : 'p99',
          })),
        },
      ],
    },
  ],
};
