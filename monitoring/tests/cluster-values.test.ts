import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { GROUPS } from './support/rule-files.js';

const PROJECT = new URL('../../', import.meta.url);
const file = (path: string): string => readFileSync(new URL(path, PROJECT), 'utf8');

const airflow = z.object({ statsd: z.object({ overrideMappings: z.array(z.unknown()) }) });
const mapping = z.object({ mappings: z.array(z.unknown()) });
const relabeling = z.object({ targetLabel: z.string(), replacement: z.string() });
const kafka = z.tuple([
  z.object({ kind: z.literal('ConfigMap'), data: z.object({ 'kafka-jmx.yaml': z.string() }) }),
  z.object({
    kind: z.literal('PodMonitor'),
    spec: z.object({ podMetricsEndpoints: z.array(z.object({ relabelings: z.array(relabeling) })) }),
  }),
]);

// Keys as charts read them. A chart passes over what it does not know, so that a slip of the pen would change nothing.
const jobs = z.strictObject({ relabelings: z.array(relabeling) });
const duration = z.string().regex(/^\d+s$/);
const nonRoot = z.object({ runAsNonRoot: z.literal(true), runAsUser: z.int().positive() });
const resources = z.strictObject({
  requests: z.object({ cpu: z.string(), memory: z.string() }),
  limits: z.object({ memory: z.string() }),
});
const storage = z.object({
  volumeClaimTemplate: z.object({
    spec: z.object({ resources: z.object({ requests: z.object({ storage: z.string() }) }) }),
  }),
});
const off = z.strictObject({ enabled: z.literal(false) });
const on = z.strictObject({ enabled: z.literal(true) });
const monitor = z.object({
  name: z.string(),
  endpoints: z.array(z.object({ relabelings: z.array(relabeling) })),
});

const stack = z.strictObject({
  prometheus: z.strictObject({
    prometheusSpec: z.strictObject({
      scrapeInterval: duration,
      evaluationInterval: duration,
      externalLabels: z.record(z.string(), z.string()),
      retention: z.string(),
      retentionSize: z.string().regex(/^\d+GB$/),
      storageSpec: storage,
      resources,
      securityContext: nonRoot,
      ruleSelectorNilUsesHelmValues: z.literal(false),
      serviceMonitorSelectorNilUsesHelmValues: z.literal(false),
      podMonitorSelectorNilUsesHelmValues: z.literal(false),
    }),
    serviceMonitor: jobs,
    additionalServiceMonitors: z.array(monitor),
  }),
  alertmanager: z.strictObject({
    serviceMonitor: jobs,
    alertmanagerSpec: z.strictObject({
      replicas: z.int().min(2),
      useExistingSecret: z.literal(true),
      configSecret: z.string(),
      secrets: z.array(z.string()).min(1),
      storage,
      resources,
      securityContext: nonRoot,
    }),
  }),
  kubeStateMetrics: on,
  'kube-state-metrics': z.strictObject({ resources }),
  kubelet: z.strictObject({
    serviceMonitor: z.strictObject({
      cAdvisor: z.literal(true),
      cAdvisorInterval: duration,
      // Anything else would take the place of the one above.
      interval: z.literal(''),
      honorLabels: z.literal(true),
      probes: z.boolean(),
    }),
  }),
  kubeApiServer: z.strictObject({
    serviceMonitor: z.strictObject({
      metricRelabelings: z.array(
        z.strictObject({
          action: z.literal('drop'),
          sourceLabels: z.array(z.string()),
          regex: z.string(),
        }),
      ),
    }),
  }),
  nodeExporter: on,
  'prometheus-node-exporter': z.strictObject({
    prometheus: z.strictObject({ monitor: jobs }),
    resources,
  }),
  prometheusOperator: z.strictObject({
    resources,
    prometheusConfigReloader: z.strictObject({ resources }),
  }),
  grafana: z.strictObject({
    admin: z.strictObject({ existingSecret: z.string(), userKey: z.string(), passwordKey: z.string() }),
    sidecar: z.strictObject({
      dashboards: z.strictObject({
        enabled: z.literal(true),
        label: z.string(),
        labelValue: z.string(),
        searchNamespace: z.string(),
      }),
    }),
    serviceMonitor: z.strictObject({ scrapeTimeout: duration }),
    resources,
  }),
  defaultRules: z.strictObject({ rules: z.record(z.string(), z.literal(false)) }),
  kubeControllerManager: off,
  kubeScheduler: off,
  kubeEtcd: off,
  kubeProxy: off,
});

const collector = z.strictObject({
  mode: z.literal('daemonset'),
  image: z.strictObject({ repository: z.string(), tag: z.string() }),
  command: z.strictObject({ name: z.string(), extraArgs: z.array(z.string()) }),
  configMap: z.strictObject({ create: z.literal(false) }),
  presets: z.strictObject({ kubernetesAttributes: on }),
  extraEnvs: z.array(z.object({ name: z.string() })),
  extraVolumes: z.array(z.object({ name: z.string() })),
  extraVolumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
  securityContext: z.object({ allowPrivilegeEscalation: z.literal(false) }),
  resources,
  ports: z.record(z.string(), z.strictObject({ enabled: z.boolean() })),
  podMonitor: z.strictObject({
    enabled: z.literal(true),
    metricsEndpoints: z.array(z.object({ port: z.string(), relabelings: z.array(relabeling) })),
  }),
});

const elastic = z.object({
  'eck-elasticsearch': z.object({ fullnameOverride: z.string(), version: z.string() }),
  'eck-kibana': z.object({ version: z.string(), elasticsearchRef: z.object({ name: z.string() }) }),
});

const jobsOf = (endpoints: readonly { readonly relabelings: readonly z.infer<typeof relabeling>[] }[]) =>
  endpoints
    .flatMap(({ relabelings }) => relabelings)
    .filter(({ targetLabel }) => targetLabel === 'job')
    .map(({ replacement }) => replacement);
const seconds = (text: string): number => Number.parseInt(text, 10);

describe('values of the charts that watch a cluster', () => {
  let values: z.infer<typeof stack>;
  let jmx: z.infer<typeof kafka>[0];
  let podMonitor: z.infer<typeof kafka>[1];
  let logs: z.infer<typeof collector>;

  before('have only keys that the charts know', () => {
    values = stack.parse(parse(file('helm/values/monitoring/kube-prometheus-stack.yaml')));
    [jmx, podMonitor] = kafka.parse(
      parseAllDocuments(file('helm/values/monitoring/kafka.yaml')).map(
        (document) => document.toJS() as unknown,
      ),
    );
    logs = collector.parse(parse(file('helm/values/logging/opentelemetry-collector.yaml')));
  });

  it('name what Airflow sends as one machine does', () => {
    const there = airflow.parse(parse(file('helm/values/monitoring/airflow.yaml')));
    const here = mapping.parse(parse(file('monitoring/prometheus/statsd-mapping.yaml')));
    expect(there.statsd.overrideMappings).to.deep.equal(here.mappings);
  });

  it('name what Kafka tells as one machine does', () => {
    const there: unknown = parse(jmx.data['kafka-jmx.yaml']);
    expect(there).to.deep.equal(parse(file('monitoring/prometheus/kafka-jmx.yaml')));
  });

  it('give every target the job that rules know', () => {
    const named = GROUPS.flatMap(({ rules }) => rules).flatMap(({ expr }) =>
      [...expr.matchAll(/\bjob=~?"([^"]+)"/g)].flatMap(([, names]) => names!.split('|')),
    );
    // Those of what is built here set it themselves.
    const own = ['serving', 'stream', 'retraining-requests'];
    const given = [
      ...jobsOf(values.prometheus.additionalServiceMonitors.flatMap(({ endpoints }) => endpoints)),
      ...jobsOf([
        values.prometheus.serviceMonitor,
        values.alertmanager.serviceMonitor,
        values['prometheus-node-exporter'].prometheus.monitor,
      ]),
      ...jobsOf(podMonitor.spec.podMetricsEndpoints),
      ...jobsOf(logs.podMonitor.metricsEndpoints),
    ];
    expect(given).to.deep.equal([...new Set(given)]);
    expect([...given, ...own]).to.include.members(named);
  });

  it('give every alert its environment and runbooks', () => {
    const { externalLabels } = values.prometheus.prometheusSpec;
    expect(externalLabels).to.have.all.keys('environment', 'runbook_base');
    expect(externalLabels['runbook_base']).to.match(/[^/]$/);
  });

  it('scrape and evaluate as often as rules and their tests reckon with, and no target too slowly', () => {
    const { scrapeInterval, evaluationInterval } = values.prometheus.prometheusSpec;
    expect({ scrapeInterval, evaluationInterval }).to.deep.equal({
      scrapeInterval: '15s',
      evaluationInterval: '15s',
    });
    // A rate over one minute needs three samples to outlive one that is lost.
    expect(seconds(values.kubelet.serviceMonitor.cAdvisorInterval)).to.be.at.most(20);
    expect(seconds(values.grafana.serviceMonitor.scrapeTimeout)).to.be.at.most(seconds(scrapeInterval));
  });

  it('start the collector that is tested, with the files that are tested', () => {
    expect(file('monitoring/logging/collector-build/main.go')).to.include(`version = "${logs.image.tag}"`);
    const files = logs.command.extraArgs.map((argument) => argument.replace('--config=/pipeline/', ''));
    expect(files).to.deep.equal(['collector.yaml', 'kubernetes.yaml', 'kubernetes-attributes.yaml']);
    for (const name of files) {
      const found = ['', 'sources/'].some((folder) =>
        existsSync(new URL(`monitoring/logging/${folder}${name}`, PROJECT)),
      );
      expect(found, name).to.equal(true);
    }
    expect(logs.extraVolumeMounts.map(({ name }) => name)).to.have.members(
      logs.extraVolumes.map(({ name }) => name),
    );
    const open = Object.entries(logs.ports).filter(([, { enabled }]) => enabled);
    expect(open.map(([name]) => name)).to.deep.equal(['metrics']);
  });

  it('show in Kibana what the collector sends to Elasticsearch', () => {
    const elasticStack = elastic.parse(parse(file('helm/values/logging/eck-stack.yaml')));
    const { fullnameOverride, version } = elasticStack['eck-elasticsearch'];
    expect(elasticStack['eck-kibana']).to.include({ version });
    expect(elasticStack['eck-kibana'].elasticsearchRef.name).to.equal(fullnameOverride);
    expect(file('helm/values/logging/opentelemetry-collector.yaml')).to.include(
      `https://${fullnameOverride}-es-http.`,
    );
  });
});
