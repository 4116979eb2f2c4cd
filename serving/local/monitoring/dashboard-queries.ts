import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { PrometheusClient, Series, TimeRange } from '../../src/prometheus/prometheus-client.js';

const dashboardFile = z.object({
  uid: z.string(),
  title: z.string(),
  panels: z.array(
    z.object({
      type: z.string(),
      title: z.string(),
      fieldConfig: z
        .object({
          defaults: z.object({
            unit: z.string(),
            thresholds: z.object({ steps: z.array(z.object({ value: z.number().nullable() })) }),
          }),
        })
        .optional(),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).default([]),
    }),
  ),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), query: z.unknown() })),
  }),
});

export interface PanelQuery {
  readonly expr: string;
  /** The name of a series, with labels in double braces. */
  readonly legend: string;
}

export interface DashboardPanel {
  readonly title: string;
  /** As Grafana calls it: `s`, `reqps`, `percentunit` and so on. */
  readonly unit: string;
  /** Where the line is that an alert draws too. */
  readonly limit: number | undefined;
  readonly queries: readonly PanelQuery[];
}

export interface DashboardQueries {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly DashboardPanel[];
  /** By name: the series whose label values a reader may choose from. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The dashboards as Grafana reads them: monitoring/dashboards/generated. */
export function readDashboards(folder: string): readonly DashboardQueries[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => dashboardQueries(JSON.parse(readFileSync(path.join(folder, file), 'utf8'))));
}

const labelValues = z.object({ query: z.string() });

/** @param json of one dashboard */
export function dashboardQueries(json: unknown): DashboardQueries {
  const { uid, title, panels, templating } = dashboardFile.parse(json);
  return {
    uid,
    title,
    panels: panels
      .filter(({ type }) => type !== 'row')
      .map(({ title: name, fieldConfig, targets }) => ({
        title: name,
        unit: fieldConfig?.defaults.unit ?? '',
        limit: fieldConfig?.defaults.thresholds.steps.at(-1)?.value ?? undefined,
        queries: targets.map(({ expr, legendFormat }) => ({ expr, legend: legendFormat })),
      })),
    variables: Object.fromEntries(
      templating.list.flatMap(({ name, query }) => {
        const selector = /^label_values\((.*), \w+\)$/.exec(
          labelValues.safeParse(query).data?.query ?? '',
        )?.[1];
        return selector === undefined ? [] : [[name, selector]];
      }),
    ),
  };
}

/** What Grafana would ask with: the chosen values of variables (all, unless said otherwise) and its intervals. */
export interface Substitution {
  readonly variables?: Readonly<Record<string, string>>;
  /** Between two samples of the chart, in seconds. */
  readonly step: number;
  /** Between two scrapes, in seconds: a rate is taken over four of them at least. */
  readonly scrapeInterval: number;
}

/** A panel's query as Prometheus gets it. */
export function substituted(expr: string, { variables, step, scrapeInterval }: Substitution): string {
  const values: Readonly<Record<string, string>> = {
    __interval: `${step}s`,
    __rate_interval: `${Math.max(step + scrapeInterval, 4 * scrapeInterval)}s`,
    ...variables,
  };
  return expr.replaceAll(/\$([a-z_]\w*)/g, (_, name: string) => values[name] ?? '.+');
}

/** The name of a series in a chart's legend. */
export function legendOf(legend: string, labels: Readonly<Record<string, string>>): string {
  return legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '').trim();
}

/** A query of a dashboard that gives no number in a range of time. */
export interface EmptyQuery {
  readonly dashboard: string;
  readonly panel: string;
  readonly expr: string;
}

/** Asks Prometheus all that the dashboards would, variables included, and says what finds nothing. */
export async function emptyQueries(
  prometheus: PrometheusClient,
  dashboards: readonly DashboardQueries[],
  range: TimeRange,
  scrapeInterval: number,
): Promise<readonly EmptyQuery[]> {
  const asked = dashboards.flatMap(({ uid, panels, variables }) => [
    ...Object.entries(variables).map(([name, expr]) => ({ dashboard: uid, panel: `$${name}`, expr })),
    ...panels.flatMap(({ title, queries }) =>
      queries.map(({ expr }) => ({ dashboard: uid, panel: title, expr })),
    ),
  ]);
  const empty: EmptyQuery[] = [];
  for (const { expr, ...where } of asked) {
    const query = substituted(expr, { step: range.step, scrapeInterval });
    if (!hasSamples(await prometheus.range(query, range))) empty.push({ ...where, expr: query });
  }
  return empty;
}

function hasSamples(series: readonly Series[]): boolean {
  return series.some(({ samples }) => samples.length > 0);
}
