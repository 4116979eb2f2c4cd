import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { z } from 'zod';
import { alertRules, limitOf } from '../../dashboards/alert-rules.js';
import { dashboards } from '../../dashboards/dashboards.js';
import { knownMetrics } from './known-metrics.js';
import { metricNames } from '../support/metric-names.js';

const MONITORING = path.join(import.meta.dirname, '..', '..');
const GENERATED = path.join(MONITORING, 'dashboards', 'generated');

const dataSource = z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const target = z.looseObject({
  datasource: dataSource,
  expr: z.string().min(1),
  legendFormat: z.string().min(1),
  refId: z.string(),
});
const panelSchema = z.looseObject({
  id: z.number().int().positive(),
  type: z.enum(['stat', 'timeseries', 'state-timeline', 'table']),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource: dataSource,
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(target).min(1),
  links: z.array(z.looseObject({ url: z.string() })).optional(),
  fieldConfig: z.looseObject({
    defaults: z.looseObject({
      unit: z.string().min(1),
      thresholds: z.object({ steps: z.array(z.object({ value: z.number().nullable(), color: z.string() })) }),
    }),
  }),
});
type PanelJson = z.infer<typeof panelSchema>;

const rowSchema = z.looseObject({ id: z.number(), type: z.literal('row'), title: z.string().min(1) });
const dashboardSchema = z.looseObject({
  uid: z.string(),
  title: z.string().min(1),
  description: z.string().min(1),
  editable: z.literal(false),
  tags: z.array(z.string()).min(1),
  links: z.array(z.looseObject({ type: z.string() })).min(1),
  panels: z.array(z.union([rowSchema, panelSchema])),
  templating: z.object({
    list: z.array(
      z.looseObject({
        name: z.string(),
        type: z.string(),
        query: z.unknown(),
        datasource: dataSource.optional(),
      }),
    ),
  }),
  annotations: z.object({
    list: z.array(z.looseObject({ name: z.string(), datasource: dataSource, expr: z.string() })),
  }),
});
type DashboardJson = z.infer<typeof dashboardSchema>;

/** As they are committed: what Grafana reads. */
const generated = readdirSync(GENERATED).map((file) => ({
  file,
  dashboard: dashboardSchema.parse(JSON.parse(readFileSync(path.join(GENERATED, file), 'utf8'))),
}));

const isPanel = (panel: DashboardJson['panels'][number]): panel is PanelJson => panel.type !== 'row';
const panelsOf = ({ panels }: DashboardJson): PanelJson[] => panels.filter(isPanel);
const allPanels = generated.flatMap(({ dashboard }) =>
  panelsOf(dashboard).map((panel) => ({
    where: `${dashboard.uid} / ${panel.title}`,
    uid: dashboard.uid,
    panel,
  })),
);
const variableQueries = generated.flatMap(({ dashboard }) =>
  dashboard.templating.list.flatMap(({ query }) => {
    const text = z.object({ query: z.string() }).safeParse(query).data?.query;
    const selector = /^label_values\((.*), \w+\)$/.exec(text ?? '')?.[1];
    return selector === undefined ? [] : [selector];
  }),
);
const queries = [
  ...allPanels.flatMap(({ where, panel }) => panel.targets.map(({ expr }) => ({ where, expr }))),
  ...generated.flatMap(({ dashboard: { uid, annotations } }) =>
    annotations.list.map(({ name, expr }) => ({ where: `${uid} / ${name}`, expr })),
  ),
  ...variableQueries.map((expr) => ({ where: 'a variable', expr })),
];

/** The labels of what the outermost aggregation leaves, none where it leaves one number. */
function labelsLeft(expr: string): string[] {
  const aggregation = /\b(?:sum|max|min|avg|count)\s*(?:by \(([^)]*)\))?/.exec(expr);
  if (aggregation === null)
    throw new Error(`Nothing is aggregated, and pods that come and go make series: ${expr}`);
  return aggregation[1]?.split(/,\s*/) ?? [];
}

/** Units of Grafana that mean what they are used for here; a name that it does not know is shown as it stands. */
const UNITS = new Set('none short percentunit s bytes Bps reqps mps cps rowsps dateTimeAsIso'.split(' '));

describe('dashboards', () => {
  it('are committed as the code makes them', () => {
    expect(generated.map(({ file }) => file)).to.have.members(
      dashboards.map(({ uid }) => `${String(uid)}.json`),
    );
    for (const made of dashboards) {
      const committed = readFileSync(path.join(GENERATED, `${String(made.uid)}.json`), 'utf8');
      expect(committed, 'run `make dashboards`').to.equal(`${JSON.stringify(made, undefined, 2)}\n`);
    }
  });

  it('have uids of their own, under which alerts and links find them', () => {
    expect(generated.map(({ dashboard }) => dashboard.uid)).to.have.members([
      'serving',
      'live-traffic',
      'model-quality',
      'retraining',
      'cluster',
      'attack',
    ]);
  });

  it('ask whichever Prometheus the reader chooses', () => {
    for (const { dashboard } of generated) {
      const [first, ...others] = dashboard.templating.list;
      expect(first).to.include({ name: 'datasource', type: 'datasource', query: 'prometheus' });
      for (const variable of others) {
        if (variable.type === 'query') expect(variable.datasource, variable.name).to.exist;
      }
    }
  });

  it('show alerts, promotions and rollbacks over the charts', () => {
    for (const { dashboard } of generated) {
      expect(dashboard.annotations.list.map(({ name }) => name)).to.include.members([
        'Alerts',
        'Promotions',
        'Rollbacks and quarantines',
      ]);
    }
  });
});

describe('panels', () => {
  it('have ids and titles of their own in a dashboard', () => {
    for (const { dashboard } of generated) {
      const ids = dashboard.panels.map(({ id }) => id);
      expect(new Set(ids).size).to.equal(ids.length);
      const titles = panelsOf(dashboard).map(({ title }) => title);
      expect(titles).to.deep.equal([...new Set(titles)]);
    }
  });

  it('say in one line what to do when they look bad', () => {
    for (const { where, panel } of allPanels) {
      expect(panel.description, where).to.match(/^\S.{20,}[.)]$/);
      expect(panel.description.length, where).to.be.lessThan(160);
    }
  });

  it('have units that Grafana knows', () => {
    for (const { where, panel } of allPanels) {
      expect(
        UNITS.has(panel.fieldConfig.defaults.unit),
        `${where}: ${panel.fieldConfig.defaults.unit}`,
      ).to.equal(true);
    }
  });

  it('do not overlap and fill lines of 24 columns', () => {
    for (const { dashboard } of generated) {
      const taken = new Map<string, string>();
      for (const { title, gridPos } of panelsOf(dashboard)) {
        expect(gridPos.x + gridPos.w, title).to.be.at.most(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(taken.get(`${x}/${y}`), `${dashboard.uid} / ${title}`).to.equal(undefined);
            taken.set(`${x}/${y}`, title);
          }
        }
      }
      const widths = new Map<number, number>();
      for (const { gridPos } of panelsOf(dashboard)) {
        widths.set(gridPos.y, (widths.get(gridPos.y) ?? 0) + gridPos.w);
      }
      for (const [y, width] of widths) expect(width, `${dashboard.uid}, line ${y}`).to.equal(24);
    }
  });

  it('have legends that tell their series apart', () => {
    for (const { where, panel } of allPanels) {
      const legends = panel.targets.map(({ legendFormat }) => legendFormat);
      expect(legends, where).to.deep.equal([...new Set(legends)]);
      for (const { expr, legendFormat } of panel.targets) {
        const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
        expect(shown, `${where}: ${expr}`).to.have.members(
          labelsLeft(expr).filter((label) => label !== 'le'),
        );
      }
    }
  });

  it('link to runbooks of alerts that there are', () => {
    for (const { where, panel } of allPanels) {
      for (const { url } of panel.links ?? []) {
        const alert = /^\$\{runbooks\}\/(\w+)\.md$/.exec(url)?.[1];
        expect(
          alertRules.map(({ name }) => name),
          where,
        ).to.include(alert);
      }
    }
  });

  it('are there for every alert, on the dashboard that it names', () => {
    for (const { name, dashboard } of alertRules) {
      const linked = allPanels.filter(
        ({ uid, panel }) => uid === dashboard && panel.links?.some(({ url }) => url.endsWith(`/${name}.md`)),
      );
      expect(linked, `a panel of ${dashboard} with the runbook of ${name}`).to.not.be.empty;
    }
  });
});

describe('lines in charts', () => {
  const table: readonly (readonly [panel: string, limit: number])[] = [
    [
      'serving / p99 of predictions by version',
      limitOf('ServingLatencyHigh', 'namespace:serving_prediction_duration:p99_5m'),
    ],
    [
      'serving / Share refused for overload',
      limitOf('ServingShedding', 'namespace:serving_shed:ratio_rate1m'),
    ],
    ['serving / Share that failed, by window', 0.0144],
    ['cluster / CPU by replica, of its limit', 0.8],
    ['attack / CPU by replica, of its limit', 0.8],
    ['attack / Messages that wait', limitOf('StreamLagHigh', 'namespace:stream_lag:sum')],
    ['cluster / Disk used', 0.95],
    ['model-quality / Population stability index by feature, live', 0.25],
  ];
  for (const [where, limit] of table) {
    it(`are where alerts fire: ${where} at ${limit}`, () => {
      const panel = allPanels.find((candidate) => candidate.where === where)?.panel;
      expect(panel?.fieldConfig.defaults.thresholds.steps.map(({ value }) => value)).to.deep.equal([
        null,
        limit,
      ]);
    });
  }

  it('are drawn, or colour a figure, in two colours', () => {
    for (const { where, panel } of allPanels) {
      const { steps } = panel.fieldConfig.defaults.thresholds;
      expect(steps.length, where).to.be.at.most(2);
      expect(new Set(steps.map(({ color }) => color)).size, where).to.equal(steps.length);
    }
  });

  it('are not read from an alert that compares something else', () => {
    expect(() => limitOf('ServingShedding', 'up')).to.throw('does not compare');
    expect(() => limitOf('NoSuchAlert', 'up')).to.throw('no alert');
  });
});

describe('queries', () => {
  it('of what components count are narrowed to the chosen namespaces', () => {
    // Nodes are everybody's, and an alert may be about no namespace at all.
    const shared = /^(node_|ALERTS)/;
    for (const { where, expr } of allPanels.flatMap(({ where, panel }) =>
      panel.targets.map((one) => ({ where, expr: one.expr })),
    )) {
      const narrowed = expr.split('namespace=~"$namespace"').length - 1;
      const own = [...metricNames(expr)].filter((name) => !shared.test(name));
      expect(narrowed, `${where}: ${expr}`).to.be.at.least(own.length);
    }
  });

  it("take rates over Grafana's interval, which is never shorter than four scrapes", () => {
    for (const { where, expr } of queries) {
      for (const [range] of expr.matchAll(/\[[^\]]*\]/g)) {
        expect(range, `${where}: ${expr}`).to.equal('[$__rate_interval]');
      }
    }
  });

  it('name variables that their dashboard has', () => {
    for (const { dashboard } of generated) {
      const names = dashboard.templating.list.map(({ name }) => name);
      for (const { title, targets } of panelsOf(dashboard)) {
        for (const { expr } of targets) {
          for (const [, name] of expr.matchAll(/\$([a-z_]\w*)/g)) {
            if (name !== '__rate_interval') expect(names, `${title}: ${expr}`).to.include(name);
          }
        }
      }
    }
  });

  it('name metrics that somebody records, exports or documents', () => {
    const known = knownMetrics();
    const unknown = queries.flatMap(({ where, expr }) =>
      [...metricNames(expr)]
        .filter((name) => !known.has(name.replace(/_(bucket|sum|count)$/, '')) && !known.has(name))
        .map((name) => `${where}: ${name}`),
    );
    expect(unknown).to.deep.equal([]);
  });

  it('are understood by Prometheus', function () {
    const tools = process.env['MONITORING_TOOLS_DIR'];
    const promtool = path.join(tools ?? '', 'promtool');
    if (tools === undefined || !existsSync(promtool)) this.skip();
    this.timeout(20_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'dashboards-'));
    try {
      const file = path.join(folder, 'queries.yaml');
      const rules = queries.map(({ expr }, index) => ({
        record: `query:${index}`,
        expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$[a-z_]\w*/g, '.+'),
      }));
      writeFileSync(file, stringify({ groups: [{ name: 'queries', rules }] }));
      expect(execFileSync(promtool, ['check', 'rules', file], { encoding: 'utf8' })).to.include(
        `SUCCESS: ${rules.length} rules found`,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
