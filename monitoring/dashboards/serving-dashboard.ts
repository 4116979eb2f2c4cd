import type { DashboardDefinition } from './definition.js';
import { LIMITS } from './limits.js';
import { MODEL, NAMESPACE, OF_ALIAS, orNone } from './promql.js';
import { MODEL_VARIABLE, NAMESPACE_VARIABLE } from './variables.js';

export const servingDashboard: DashboardDefinition = {
  uid: 'serving',
  title: 'Serving',
  description:
    'The serving tier: what is asked, how much fails, how long it takes, by model version; swaps, queues, workers',
  variables: [NAMESPACE_VARIABLE, MODEL_VARIABLE],
  rows: [
    {
      title: 'At a glance',
      charts: [
        {
          title: 'Predictions',
          description:
            'Zero while clients are running: look at what is in front of the tier, then at its readiness.',
          form: 'figure',
          unit: 'reqps',
          width: 4,
          queries: [
            { expr: `sum(namespace:serving_requests:rate1m{${NAMESPACE}})`, legend: 'requests a second' },
          ],
          runbooks: ['ServingDown'],
        },
        {
          title: 'Failed by the tier, 5 minutes',
          description: 'Above the line the error budget of a month is gone in two days: find the code below.',
          form: 'figure',
          unit: 'percentunit',
          decimals: 2,
          width: 4,
          threshold: { value: LIMITS.fastBurnErrorRatio, badWhen: 'above' },
          queries: [{ expr: `max(namespace:serving_errors:ratio_rate5m{${NAMESPACE}})`, legend: 'failed' }],
          runbooks: ['ServingErrorBudgetBurnFast'],
        },
        {
          title: 'p99 of predictions',
          description:
            'Above the line: see whether work queues, and whether one version is slower than the one before.',
          form: 'figure',
          unit: 's',
          width: 4,
          threshold: { value: LIMITS.predictionP99Seconds, badWhen: 'above' },
          queries: [
            {
              expr: `max(namespace:serving_prediction_duration:p99_5m{${NAMESPACE}})`,
              legend: 'p99, 5 minutes',
            },
          ],
          runbooks: ['ServingLatencyHigh'],
        },
        {
          title: 'Refused for overload',
          description:
            'Above the line clients are sent away: add replicas, or find the client that floods the others.',
          form: 'figure',
          unit: 'percentunit',
          decimals: 1,
          width: 4,
          threshold: { value: LIMITS.shedRatio, badWhen: 'above' },
          queries: [{ expr: `max(namespace:serving_shed:ratio_rate1m{${NAMESPACE}})`, legend: 'refused' }],
          runbooks: ['ServingShedding'],
        },
        {
          title: 'Digests in service for one alias',
          description:
            'Two for longer than a swap: replicas disagree; see which replica has not followed, below.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 2, badWhen: 'above' },
          queries: [
            {
              expr: `max(count by (namespace, model, alias) (count by (namespace, model, alias, digest) (serving_model_info{${OF_ALIAS}})))`,
              legend: 'digests',
            },
          ],
          runbooks: ['ServingFleetSplit'],
        },
        {
          title: 'Replicas that answer scrapes',
          description:
            'Fewer than there should be: look at the pods that are missing, their events and last log lines.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'below' },
          queries: [{ expr: `sum(up{job="serving", ${NAMESPACE}})`, legend: 'replicas' }],
          runbooks: ['ServingDown'],
        },
      ],
    },
    {
      title: 'Rate, errors, duration',
      charts: [
        {
          title: 'Predictions by version',
          description: 'A version that answers and should not: see who moved the alias, and roll back.',
          form: 'stacked',
          unit: 'reqps',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (model, model_version) (rate(serving_prediction_duration_seconds_count{${MODEL}}[$__rate_interval]))`,
              legend: '{{model}} version {{model_version}}',
            },
          ],
        },
        {
          title: 'Requests that were not answered, by code',
          description:
            'Look the code up in serving/docs/errors.md: it says whose fault it is and what helps.',
          form: 'stacked',
          unit: 'reqps',
          min: 0,
          width: 12,
          queries: [
            {
              expr: orNone(
                `sum by (code) (namespace_code:serving_requests:rate1m{code!="ok", ${NAMESPACE}})`,
                'code',
              ),
              legend: '{{code}}',
            },
          ],
          runbooks: ['ServingErrorBudgetBurnFast', 'ServingErrorBudgetBurnSlow'],
        },
        {
          title: 'p99 of predictions by version',
          description: 'One version above the others: roll back. All of them: see queues and CPU.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 12,
          threshold: { value: LIMITS.predictionP99Seconds, badWhen: 'above' },
          queries: [
            {
              expr: `max by (model, model_version) (namespace_model_version:serving_prediction_duration:p99_5m{${MODEL}})`,
              legend: '{{model}} version {{model_version}}',
            },
          ],
          runbooks: ['ServingLatencyHigh'],
        },
        {
          title: 'Median of predictions by version',
          description:
            'A step up with a swap: the new graph costs more; compare with the dossier before you scale.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `max by (model, model_version) (namespace_model_version:serving_prediction_duration:p50_5m{${MODEL}})`,
              legend: '{{model}} version {{model_version}}',
            },
          ],
        },
        {
          title: 'Share that failed, by window',
          description:
            'Short windows high: act now. Only the long ones: it is over, and has cost part of the budget.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 12,
          threshold: { value: LIMITS.fastBurnErrorRatio, badWhen: 'above' },
          queries: ['5m', '1h', '6h', '3d'].map((window) => ({
            expr: `max(namespace:serving_errors:ratio_rate${window}{${NAMESPACE}})`,
            legend: window,
          })),
          runbooks: ['ServingErrorBudgetBurnFast', 'ServingErrorBudgetBurnSlow'],
        },
        {
          title: 'Share refused for overload',
          description:
            'For minutes above the line: more replicas, or a share for the client that floods (RATE_LIMITED).',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 12,
          threshold: { value: LIMITS.shedRatio, badWhen: 'above' },
          queries: [{ expr: `max(namespace:serving_shed:ratio_rate1m{${NAMESPACE}})`, legend: 'refused' }],
          runbooks: ['ServingShedding'],
        },
      ],
    },
    {
      title: 'Versions and swaps',
      charts: [
        {
          title: 'Versions in memory by replica',
          description:
            'Replicas with different digests of one alias for a minute: read last_failure in /status of the one behind.',
          form: 'states',
          unit: 'short',
          width: 24,
          names: [{ value: 1, name: 'loaded', colour: 'green' }],
          queries: [
            {
              expr: `max by (instance, model, alias, model_version, digest) (label_replace(serving_model_info{${MODEL}}, "digest", "$1", "digest", "sha256:(.{12}).*"))`,
              legend: '{{instance}} {{model}}@{{alias}} version {{model_version}} {{digest}}',
            },
          ],
          runbooks: ['ServingFleetSplit'],
        },
        {
          title: 'Swaps',
          description:
            'More than promotions explain: somebody moves the alias to and fro; see the audit of promotions.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `sum by (model, alias) (increase(serving_model_swaps_total{${MODEL}}[$__rate_interval]))`,
              legend: '{{model}}@{{alias}}',
            },
          ],
        },
        {
          title: 'Loads that failed, by reason',
          description:
            'The replica keeps what it has. Look the reason up in serving/docs/errors.md, fix the package, promote again.',
          form: 'stacked',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            {
              expr: orNone(
                `sum by (reason) (increase(serving_model_load_failures_total{${MODEL}}[$__rate_interval]))`,
                'reason',
              ),
              legend: '{{reason}}',
            },
          ],
          runbooks: ['ServingReloadFailed'],
        },
        {
          title: 'Time to load a version, mean since the start',
          description:
            'Grows with the package and the way to the artifact store: see whether downloads are slow.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `sum by (model, alias) (serving_model_load_duration_seconds_sum{${MODEL}}) / sum by (model, alias) (serving_model_load_duration_seconds_count{${MODEL}})`,
              legend: '{{model}}@{{alias}}',
            },
          ],
        },
        {
          title: 'Registry, as each replica sees it',
          description:
            'Unreachable: predictions go on, promotions do not arrive. Check MLflow before you promote anything.',
          form: 'states',
          unit: 'short',
          width: 24,
          names: [
            { value: 0, name: 'unreachable', colour: 'red' },
            { value: 1, name: 'reachable', colour: 'green' },
          ],
          queries: [
            {
              expr: `min by (instance, model, alias) (serving_registry_reachable{${MODEL}})`,
              legend: '{{instance}} {{model}}@{{alias}}',
            },
          ],
          runbooks: ['ServingRegistryUnreachable'],
        },
      ],
    },
    {
      title: 'Work and limits',
      charts: [
        {
          title: 'Work that waits',
          description:
            'Stays up: refusals follow. MAX_QUEUE_MS bounds it in each worker; add replicas, not queue.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `max by (instance) (serving_queued_work_seconds{${NAMESPACE}})`,
              legend: '{{instance}}',
            },
          ],
          runbooks: ['ServingShedding'],
        },
        {
          title: 'Large bodies in memory',
          description: 'Near MAX_BUFFERED_BYTES large requests are refused: find the client that sends them.',
          form: 'lines',
          unit: 'bytes',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `max by (instance) (serving_buffered_body_bytes{${NAMESPACE}})`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Connections closed unanswered',
          description:
            'Above zero: MAX_CONNECTIONS is reached. Clients that do not reuse connections, or too few replicas.',
          form: 'lines',
          unit: 'cps',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `sum by (port) (rate(serving_connections_dropped_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: '{{port}}',
            },
          ],
        },
        {
          title: 'Event loop lag, p99 of the slowest worker',
          description:
            'Above 0.1 s probes fail next: a large model or batch runs on the loop; see INLINE_MODEL_BYTES.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `max by (instance) (nodejs_eventloop_lag_p99_seconds{job="serving", ${NAMESPACE}})`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Workers that take requests, and how many should',
          description:
            'Fewer than wanted: workers end and are replaced; the log says why, the next chart how often.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            { expr: `sum by (instance) (serving_workers{${NAMESPACE}})`, legend: '{{instance}}' },
            {
              expr: `sum by (instance) (serving_workers_wanted{${NAMESPACE}})`,
              legend: '{{instance}} wanted',
            },
          ],
          runbooks: ['ServingWorkersRestarting'],
        },
        {
          title: 'Workers that were replaced',
          description:
            'crashed: the log has the stack. hung: a request that never ends. ended: memory, most often.',
          form: 'stacked',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `sum by (reason) (increase(serving_worker_restarts_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: '{{reason}}',
            },
          ],
          runbooks: ['ServingWorkersRestarting'],
        },
      ],
    },
    {
      title: 'Credentials and feedback',
      charts: [
        {
          title: 'Requests refused for their credential',
          description:
            'unknown_key or expired_key: a client missed a rotation. keys_unavailable: the token issuer is away.',
          form: 'stacked',
          unit: 'reqps',
          min: 0,
          width: 6,
          queries: [
            {
              expr: `sum by (reason) (rate(serving_auth_failures_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: '{{reason}}',
            },
          ],
        },
        {
          title: 'Reads of credentials',
          description:
            'failed: the tier goes on with the keys it knew. Check the file of API keys or the issuer.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 6,
          queries: [
            {
              expr: `sum by (outcome) (increase(serving_credential_reloads_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: '{{outcome}}',
            },
          ],
          runbooks: ['ServingCredentialsFailing'],
        },
        {
          title: 'Rows of the prediction log',
          description:
            'queue_full or write_failed: rows are lost for monitoring, no request is. Look at the disk.',
          form: 'stacked',
          unit: 'rowsps',
          min: 0,
          width: 6,
          queries: [
            {
              expr: `sum by (result) (rate(serving_prediction_log_rows_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: '{{result}}',
            },
          ],
          runbooks: ['ServingFeedbackLost'],
        },
        {
          title: 'Outcomes',
          description:
            'not_stored: clients got a 503 and must send again. refused: a client sends the wrong form.',
          form: 'stacked',
          unit: 'cps',
          min: 0,
          width: 6,
          queries: [
            {
              expr: `sum by (result) (rate(serving_outcomes_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: '{{result}}',
            },
          ],
          runbooks: ['ServingFeedbackLost'],
        },
      ],
    },
  ],
};
