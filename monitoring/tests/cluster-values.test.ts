import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const airflow = z.object({ statsd: z.object({ overrideMappings: z.array(z.unknown()) }) });
const mapping = z.object({ mappings: z.array(z.unknown()) });
const configMap = z.object({ data: z.object({ 'kafka-jmx.yaml': z.string() }) });
const monitor = z.object({
  endpoints: z.array(z.object({ relabelings: z.array(z.object({ targetLabel: z.string(), replacement: z.string() })) })),
});
const stack = z.object({
  prometheus: z.object({
    prometheusSpec: z.object({ externalLabels: z.record(z.string(), z.string()) }),
    additionalServiceMonitors: z.array(monitor),
  }),
  alertmanager: z.object({ alertmanagerSpec: z.object({ secrets: z.array(z.string()) }) }),
});

describe('values of the charts that watch a cluster', () => {
  it('name what Airflow sends as one machine does', () => {
    const there = airflow.parse(parse(file('helm/values/monitoring/airflow.yaml')));
    const here = mapping.parse(parse(file('monitoring/prometheus/statsd-mapping.yaml')));
    expect(there.statsd.overrideMappings).to.deep.equal(here.mappings);
  });

  it('name what Kafka tells as one machine does', () => {
    const [rules] = parseAllDocuments(file('helm/values/monitoring/kafka.yaml'));
    const there: unknown = parse(configMap.parse(rules?.toJS()).data['kafka-jmx.yaml']);
    expect(there).to.deep.equal(parse(file('monitoring/prometheus/kafka-jmx.yaml')));
  });

  it('give every target the job that rules know, and every alert its environment and runbooks', () => {
    const values = stack.parse(parse(file('helm/values/monitoring/kube-prometheus-stack.yaml')));
    const jobs = values.prometheus.additionalServiceMonitors
      .flatMap(({ endpoints }) => endpoints)
      .flatMap(({ relabelings }) => relabelings)
      .map(({ targetLabel, replacement }) => `${targetLabel}=${replacement}`);
    expect(jobs).to.have.members(['job=airflow', 'job=mlflow', 'job=pushgateway']);
    const { externalLabels } = values.prometheus.prometheusSpec;
    expect(externalLabels).to.have.all.keys('environment', 'runbook_base');
    expect(externalLabels['runbook_base']).to.match(/[^/]$/);
  });
});
