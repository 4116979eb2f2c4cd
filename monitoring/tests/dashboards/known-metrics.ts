import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { RECORDED } from '../support/rule-files.js';

const PROJECT = path.join(import.meta.dirname, '..', '..', '..');

/** What others than this project export, beyond what prometheus/README.md says of Airflow, MLflow, Kafka and nodes. */
const OTHERS = [
  // Prometheus, about its targets, its alerts and itself; Alertmanager
  'up',
  'scrape_duration_seconds',
  'ALERTS',
  'prometheus_tsdb_head_series',
  'prometheus_rule_evaluation_failures_total',
  'prometheus_config_last_reload_successful',
  'alertmanager_config_last_reload_successful',
  'alertmanager_notifications_failed_total',
  // Every process that uses a client library of Prometheus; those of Node.js
  'process_resident_memory_bytes',
  'process_start_time_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  // The collector of logs
  'otelcol_exporter_queue_size',
  'otelcol_exporter_queue_capacity',
  'otelcol_elasticsearch_docs_processed',
  // A cluster only
  'certmanager_certificate_expiration_timestamp_seconds',
  'externalsecret_status_condition',
];

function files(folder: string, extension: string): string[] {
  return readdirSync(path.join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => readFileSync(path.join(PROJECT, folder, file), 'utf8'));
}

/** `a_{b,c}_d` is `a_b_d` and `a_c_d`; labels in braces after a name are none of it. */
function expanded(text: string): string[] {
  const alternatives = /^(\w*_)\{(\w+(?:,\w+)+)\}(\w*)/.exec(text);
  if (alternatives === null) return [/^\w*/.exec(text)![0]];
  const [, before, choices, after] = alternatives;
  return choices!.split(',').map((choice) => `${before!}${choice}${after!}`);
}

/** Names of metrics that somebody records, exports or says that there are. */
export function knownMetrics(): ReadonlySet<string> {
  const exported = [...files('serving/src', '.ts'), ...files('serving/local', '.ts')].flatMap((text) =>
    [...text.matchAll(/'((?:serving|stream|attack|autoscaler)_\w+)'/g)].map(([, name]) => name!),
  );
  const described = ['monitoring/prometheus/README.md', 'dags/retraining/monitoring/README.md'].flatMap(
    (file) =>
      [...readFileSync(path.join(PROJECT, file), 'utf8').matchAll(/`([^`\s]+)`/g)].flatMap(([, name]) =>
        expanded(name!),
      ),
  );
  // Beside `model_quality_{auc,...}` the table says: the same with these endings.
  const bounds = described
    .filter((name) => name.startsWith('model_quality_'))
    .flatMap((name) => [`${name}_lower`, `${name}_upper`]);
  return new Set([...OTHERS, ...RECORDED, ...exported, ...described, ...bounds]);
}
