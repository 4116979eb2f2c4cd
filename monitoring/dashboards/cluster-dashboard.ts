import type { DashboardDefinition } from './definition.js';
import { LIMITS } from './limits.js';
import { NAMESPACE, orNone, orZero } from './promql.js';
import { NAMESPACE_VARIABLE } from './variables.js';

/** Not of the node: its exporter lives in a namespace of its own, and there it watches everybody's machine. */
const FILESYSTEM = 'fstype!~"tmpfs|overlay|squashfs|ramfs"';

export const clusterDashboard: DashboardDefinition = {
  uid: 'cluster',
  title: 'Cluster',
  description:
    'What the platform runs on: replicas and what they may cost, CPU against limits, nodes, Kafka, and whether all is scraped',
  variables: [NAMESPACE_VARIABLE],
  rows: [
    {
      title: 'At a glance',
      charts: [
        {
          title: 'Replicas',
          description:
            'At the ceiling while CPU is high: this is all that may be spent. Decide: shed, or raise the ceiling.',
          form: 'figure',
          unit: 'short',
          width: 4,
          queries: [{ expr: `sum(namespace:serving_replicas:count{${NAMESPACE}})`, legend: 'replicas' }],
          runbooks: ['ServingAtMaxReplicasAndHot'],
        },
        {
          title: 'Most replicas that may be',
          description:
            'The cost ceiling: maxReplicas of the autoscaler. Raising it is a decision about money.',
          form: 'figure',
          unit: 'short',
          width: 4,
          queries: [{ expr: `sum(namespace:serving_replicas:max{${NAMESPACE}})`, legend: 'ceiling' }],
        },
        {
          title: 'Hottest replica',
          description:
            'Above the line with replicas to spare: the autoscaler lags. Without: see the attack dashboard.',
          form: 'figure',
          unit: 'percentunit',
          width: 4,
          threshold: { value: LIMITS.replicaCpuUtilisation, badWhen: 'above' },
          queries: [
            {
              expr: `max(namespace_replica:serving_cpu:utilisation{${NAMESPACE}})`,
              legend: 'CPU of its limit',
            },
          ],
          runbooks: ['ServingAtMaxReplicasAndHot'],
        },
        {
          title: 'Targets that do not answer',
          description: 'One or more: its job below. What is not scraped has no alerts of its own.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'above' },
          queries: [{ expr: orZero(`count(up{${NAMESPACE}} == 0)`), legend: 'targets' }],
          runbooks: ['TargetDown'],
        },
        {
          title: 'Fullest disk',
          description:
            'Above the line writes fail next: old packages, logs and the prediction log are what may go.',
          form: 'figure',
          unit: 'percentunit',
          decimals: 1,
          width: 4,
          threshold: { value: LIMITS.diskUsedRatio, badWhen: 'above' },
          queries: [
            {
              expr: `max(1 - node_filesystem_avail_bytes{${FILESYSTEM}} / node_filesystem_size_bytes{${FILESYSTEM}})`,
              legend: 'used',
            },
          ],
          runbooks: ['DiskAlmostFull', 'DiskFillsUp'],
        },
        {
          title: 'Partitions that lack a copy',
          description: 'Above zero: a broker is down or slow. The next failure loses messages.',
          form: 'figure',
          unit: 'short',
          width: 4,
          threshold: { value: 1, badWhen: 'above' },
          queries: [
            { expr: `sum(kafka_server_under_replicated_partitions{${NAMESPACE}})`, legend: 'partitions' },
          ],
          runbooks: ['KafkaUnderReplicated'],
        },
      ],
    },
    {
      title: 'Replicas and their cost',
      charts: [
        {
          title: 'Replicas between their bounds',
          description:
            'At the upper bound for long: more is asked than is paid for. Below the lower one: pods do not start.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 12,
          queries: [
            { expr: `sum(namespace:serving_replicas:count{${NAMESPACE}})`, legend: 'replicas' },
            { expr: `sum(namespace:serving_replicas:max{${NAMESPACE}})`, legend: 'most (cost ceiling)' },
            { expr: `sum(namespace:serving_replicas:min{${NAMESPACE}})`, legend: 'least' },
          ],
          runbooks: ['ServingAtMaxReplicasAndHot'],
        },
        {
          title: 'CPU by replica, of its limit',
          description:
            'All above the line: load. One above the others: a client that keeps its connection to one replica.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 12,
          threshold: { value: LIMITS.replicaCpuUtilisation, badWhen: 'above' },
          queries: [
            {
              expr: `max by (namespace, replica) (namespace_replica:serving_cpu:utilisation{${NAMESPACE}})`,
              legend: '{{namespace}} {{replica}}',
            },
          ],
          runbooks: ['ServingAtMaxReplicasAndHot'],
        },
        {
          title: 'Memory',
          description:
            'Grows without end: note the version, restart one replica, keep another for a heap snapshot.',
          form: 'lines',
          unit: 'bytes',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `max by (job, instance) (process_resident_memory_bytes{job=~"serving|stream", ${NAMESPACE}})`,
              legend: '{{job}} {{instance}}',
            },
          ],
        },
        {
          title: 'Starts of processes',
          description: 'Again and again: the last log lines before each start, and the limit of memory.',
          form: 'stacked',
          unit: 'short',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `sum by (job) (changes(process_start_time_seconds{${NAMESPACE}}[$__rate_interval]))`,
              legend: '{{job}}',
            },
            {
              expr: `sum(increase(serving_worker_restarts_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: 'workers of serving',
            },
          ],
          runbooks: ['ServingWorkersRestarting'],
        },
      ],
    },
    {
      title: 'Nodes',
      charts: [
        {
          title: 'CPU',
          description:
            'Near 100%: everything here waits for everything else. Move Airflow and Kafka off the nodes of serving.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          max: 1,
          width: 8,
          queries: [
            {
              expr: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))',
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Load for each CPU',
          description: 'Above 1 for long: more wants to run than can.',
          form: 'lines',
          unit: 'none',
          decimals: 2,
          min: 0,
          width: 8,
          queries: [
            {
              expr: 'max by (instance) (node_load1) / count by (instance) (node_cpu_seconds_total{mode="idle"})',
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Memory used',
          description:
            'Near 100% the kernel ends processes: see which grew, above, and the training that runs.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          max: 1,
          width: 8,
          queries: [
            {
              expr: 'max by (instance) (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)',
              legend: '{{instance}}',
            },
          ],
        },
        {
          title: 'Disk used',
          description:
            'Towards the line: PREDICTION_LOG_MAX_BYTES, ARTIFACT_CACHE_KEEP and retention of Kafka bound what grows.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          max: 1,
          width: 8,
          threshold: { value: LIMITS.diskUsedRatio, badWhen: 'above' },
          queries: [
            {
              expr: `max by (instance, mountpoint) (1 - node_filesystem_avail_bytes{${FILESYSTEM}} / node_filesystem_size_bytes{${FILESYSTEM}})`,
              legend: '{{instance}} {{mountpoint}}',
            },
          ],
          runbooks: ['DiskAlmostFull', 'DiskFillsUp'],
        },
        {
          title: 'Disk busy',
          description: 'Near 100%: writes queue. Kafka and the database of MLflow feel it first.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 8,
          queries: [
            {
              expr: 'max by (instance, device) (rate(node_disk_io_time_seconds_total[$__rate_interval]))',
              legend: '{{instance}} {{device}}',
            },
          ],
        },
        {
          title: 'Network',
          description: 'A plateau: the bandwidth of the node. Then answers are late without any CPU used.',
          form: 'lines',
          unit: 'Bps',
          min: 0,
          width: 8,
          queries: ['receive', 'transmit'].map((direction) => ({
            expr: `sum by (instance) (rate(node_network_${direction}_bytes_total[$__rate_interval]))`,
            legend: `{{instance}} ${direction}`,
          })),
        },
      ],
    },
    {
      title: 'Kafka',
      charts: [
        {
          title: 'Messages written, by topic',
          description:
            'Applications without scores: the stream service. Dead letters rise: see the reasons on the attack dashboard.',
          form: 'lines',
          unit: 'mps',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `sum by (topic) (rate(kafka_server_messages_in_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: '{{topic}}',
            },
          ],
        },
        {
          title: 'Bytes in and out',
          description: 'Out far above in: somebody reads everything again; see consumer groups.',
          form: 'lines',
          unit: 'Bps',
          min: 0,
          width: 8,
          queries: ['in', 'out'].map((direction) => ({
            expr: `sum(rate(kafka_server_bytes_${direction}_total{${NAMESPACE}}[$__rate_interval]))`,
            legend: direction,
          })),
        },
        {
          title: 'Partitions in trouble, and controllers',
          description:
            'Without a leader: nothing is written. Not exactly one controller: the quorum is broken.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `sum(kafka_server_under_replicated_partitions{${NAMESPACE}})`,
              legend: 'partitions that lack a copy',
            },
            {
              expr: `sum(kafka_controller_offline_partitions{${NAMESPACE}})`,
              legend: 'partitions without a leader',
            },
            { expr: `sum(kafka_controller_active{${NAMESPACE}})`, legend: 'active controllers' },
          ],
          runbooks: ['KafkaDown', 'KafkaUnderReplicated'],
        },
      ],
    },
    {
      title: 'What is scraped',
      charts: [
        {
          title: 'Targets',
          description: 'Down: start there. A job that is not in the list has no target at all.',
          form: 'states',
          unit: 'short',
          width: 12,
          names: [
            { value: 0, name: 'down', colour: 'red' },
            { value: 1, name: 'up', colour: 'green' },
          ],
          queries: [{ expr: `min by (job, instance) (up{${NAMESPACE}})`, legend: '{{job}} {{instance}}' }],
          runbooks: ['TargetDown', 'MetricsMissing'],
        },
        {
          title: 'Time to scrape',
          description:
            'Towards the time-out: gaps follow. A replica that is slow to tell metrics is short of CPU.',
          form: 'lines',
          unit: 's',
          min: 0,
          width: 12,
          queries: [
            {
              expr: `max by (job) (scrape_duration_seconds{${NAMESPACE}})`,
              legend: '{{job}}',
            },
          ],
          runbooks: ['TargetDown'],
        },
        {
          title: 'Series in memory',
          description:
            'A step up: somebody added a label without bounds; find the metric with `topk(10, count by (__name__) ({__name__=~".+"}))`.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 8,
          queries: [
            { expr: `max by (instance) (prometheus_tsdb_head_series{${NAMESPACE}})`, legend: '{{instance}}' },
          ],
        },
        {
          title: 'Rules that could not be evaluated',
          description: 'Above zero alerts are blind: the log of Prometheus names the rule.',
          form: 'lines',
          unit: 'cps',
          min: 0,
          width: 8,
          queries: [
            {
              expr: `sum(rate(prometheus_rule_evaluation_failures_total{${NAMESPACE}}[$__rate_interval]))`,
              legend: 'failures',
            },
          ],
          runbooks: ['RuleEvaluationFails'],
        },
        {
          title: 'Notifications that could not be delivered',
          description:
            'Above zero nobody may know of what fires: look at the log of Alertmanager, and at the alerts yourself.',
          form: 'lines',
          unit: 'cps',
          min: 0,
          width: 8,
          queries: [
            {
              expr: orNone(
                `sum by (integration) (rate(alertmanager_notifications_failed_total{${NAMESPACE}}[$__rate_interval])) > 0`,
                'integration',
              ),
              legend: '{{integration}}',
            },
          ],
          runbooks: ['NotificationsFail'],
        },
        {
          title: 'Configuration and watchdog',
          description:
            'Refused: what was changed last does not count. Watchdog silent: no alert reaches anybody; look at Alertmanager.',
          form: 'states',
          unit: 'short',
          width: 12,
          names: [
            { value: 0, name: 'refused or silent', colour: 'red' },
            { value: 1, name: 'as it should be', colour: 'green' },
          ],
          queries: [
            {
              expr: `min by (job, instance) (prometheus_config_last_reload_successful{${NAMESPACE}} or alertmanager_config_last_reload_successful{${NAMESPACE}})`,
              legend: '{{job}} {{instance}}',
            },
            { expr: orZero('max(ALERTS{alertname="Watchdog", alertstate="firing"})'), legend: 'watchdog' },
          ],
          runbooks: ['MonitoringReloadFailed', 'Watchdog'],
        },
        {
          title: 'Logs that wait, of what a collector can hold',
          description: 'Rising: Elasticsearch takes too little or nothing; at the line a mail was sent.',
          form: 'lines',
          unit: 'percentunit',
          min: 0,
          width: 12,
          queries: [
            {
              expr: orNone(
                `max by (instance) (otelcol_exporter_queue_size{${NAMESPACE}} / otelcol_exporter_queue_capacity{${NAMESPACE}})`,
                'instance',
              ),
              legend: '{{instance}}',
            },
          ],
          runbooks: ['LogsNotDelivered'],
        },
        {
          title: 'Log lines that Elasticsearch refused',
          description: 'Above zero lines are lost: the log of the collector says which field of which index.',
          form: 'lines',
          unit: 'cps',
          min: 0,
          width: 12,
          queries: [
            {
              expr: orNone(
                `sum by (error_type) (rate(otelcol_elasticsearch_docs_processed{outcome="failed_client", http_response_status_code!~"408|409", ${NAMESPACE}}[$__rate_interval])) > 0`,
                'error_type',
              ),
              legend: '{{error_type}}',
            },
          ],
          runbooks: ['LogsRefused'],
        },
        {
          title: 'What expires within two weeks',
          description:
            'Above zero: renew it, or see why what renews it does not; the runbook has the commands.',
          form: 'lines',
          unit: 'short',
          min: 0,
          width: 12,
          queries: [
            {
              expr: orZero(
                `count(certmanager_certificate_expiration_timestamp_seconds{${NAMESPACE}} - time() < ${LIMITS.expirySeconds})`,
              ),
              legend: 'certificates',
            },
            {
              expr: orZero(
                `count(serving_api_key_expiry_timestamp_seconds{${NAMESPACE}} - time() < ${LIMITS.expirySeconds})`,
              ),
              legend: 'API keys, by replica',
            },
            {
              expr: orZero(
                `sum(externalsecret_status_condition{condition="Ready", status="False", ${NAMESPACE}})`,
              ),
              legend: 'secrets out of step with their source',
            },
          ],
          runbooks: ['CertificateExpires', 'CertificateExpiresNow', 'SecretExpires'],
        },
      ],
    },
  ],
};
