import type { Environment } from './environment.js';
import type { TerraformOutputs } from './terraform-outputs.js';

/** What whoever has deployed wants to know next: a name, and where it is or how it is reached. */
export type SummaryLine = readonly [what: string, where: string];

export function deploySummary(
  { name, values }: Environment,
  { edge, monitoring, cluster }: TerraformOutputs,
  namespace: string,
  kubeconfig: string,
): readonly SummaryLine[] {
  const forward = (service: string, ports: string, space = namespace): string =>
    `kubectl -n ${space} port-forward service/${service} ${ports}`;
  const managed = values !== 'dev';
  return [
    ['kubeconfig', `export KUBECONFIG=${kubeconfig}`],
    [
      'predictions',
      edge === null
        ? `the Gateway \`serving\`: kubectl -n ${namespace} get gateway serving`
        : `${edge.url}/predict`,
    ],
    ['description', edge === null ? '/docs and /openapi.json there' : `${edge.url}/docs`],
    ['MLflow', `${forward('mlflow', '5000')}, then http://127.0.0.1:5000`],
    [
      'Airflow',
      `${managed ? forward('airflow-api-server', '8088:8080') : forward('airflow', '8088:8080')}, then http://127.0.0.1:8088`,
    ],
    ...(managed
      ? ([
          [
            'Grafana',
            `${forward('monitoring-grafana', '3000:80', 'monitoring')}, then http://127.0.0.1:3000: dashboards of the tier, the pipeline and the cluster`,
          ],
          ['alerts', `${forward('alertmanager-operated', '9093', 'monitoring')}, then http://127.0.0.1:9093`],
        ] as const)
      : []),
    ['logs', `kubectl -n ${namespace} logs -l app.kubernetes.io/name=serving --follow`],
    ...(monitoring.log_group_id === null
      ? []
      : ([['logs of the cloud', `yc logging read --group-id ${monitoring.log_group_id} --follow`]] as const)),
    [
      'dashboards of the cloud',
      `yc managed-kubernetes cluster get ${cluster.id}, and its page in the console: Monitoring`,
    ],
    ['once more', `make acceptance TARGET=${edge?.url ?? '<address of the Gateway>'}`],
    ...(values === 'dev' ? ([['the way back', `make destroy ENV=${name}`]] as const) : []),
    ['a release back', `helm -n ${namespace} history platform; helm -n ${namespace} rollback platform`],
  ];
}
