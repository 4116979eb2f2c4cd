import path from 'node:path';
import { expect } from 'chai';
import {
  dashboardQueries,
  emptyQueries,
  legendOf,
  readDashboards,
  substituted,
} from '../../../../local/monitoring/dashboard-queries.js';
import type { PrometheusClient } from '../../../../src/prometheus/prometheus-client.js';
import { readSettings } from '../../../../local/settings.js';

const panel = (title: string, exprs: readonly string[]): unknown => ({
  type: 'timeseries',
  title,
  fieldConfig: { defaults: { unit: 's', thresholds: { steps: [{ value: null }, { value: 0.25 }] } } },
  targets: exprs.map((expr) => ({ expr, legendFormat: '{{job}}' })),
});

const dashboard = dashboardQueries({
  uid: 'serving',
  title: 'Serving',
  panels: [
    { type: 'row', title: 'First' },
    panel('Duration', ['full', 'empty']),
    panel('Not a number', ['nan']),
  ],
  templating: {
    list: [
      { name: 'datasource', query: 'prometheus' },
      {
        name: 'model',
        query: { query: 'label_values(known{namespace=~"$namespace"}, model)', refId: 'model' },
      },
    ],
  },
});

describe('queries of dashboards', () => {
  it('are those of panels, with their units and limits', () => {
    expect(dashboard.panels.map(({ title, unit, limit }) => ({ title, unit, limit }))).to.deep.equal([
      { title: 'Duration', unit: 's', limit: 0.25 },
      { title: 'Not a number', unit: 's', limit: 0.25 },
    ]);
    expect(dashboard.variables).to.deep.equal({ model: 'known{namespace=~"$namespace"}' });
  });

  it('are read from what is committed', () => {
    const { projectDir } = readSettings({});
    const folder = path.join(projectDir, 'monitoring', 'dashboards', 'generated');
    expect(readDashboards(folder).map(({ uid }) => uid)).to.deep.equal([
      'attack',
      'cluster',
      'live-traffic',
      'model-quality',
      'retraining',
      'serving',
    ]);
  });

  it('ask for all values of a variable unless one is chosen', () => {
    const intervals = { step: 15, scrapeInterval: 15 };
    expect(substituted('up{namespace=~"$namespace"}', intervals)).to.equal('up{namespace=~".+"}');
    expect(
      substituted('up{namespace=~"$namespace"}', { ...intervals, variables: { namespace: 'a|b' } }),
    ).to.equal('up{namespace=~"a|b"}');
    expect(substituted('label_replace(up, "a", "$1", "b", "(.*)")', intervals)).to.include('"$1"');
  });

  it('take rates over four scrapes at least, and over no less than a step', () => {
    const rate = 'rate(requests[$__rate_interval])';
    expect(substituted(rate, { step: 5, scrapeInterval: 15 })).to.equal('rate(requests[60s])');
    expect(substituted(rate, { step: 120, scrapeInterval: 15 })).to.equal('rate(requests[135s])');
  });

  it('name their series by labels', () => {
    expect(legendOf('{{job}} at {{instance}}', { job: 'serving', instance: 'a' })).to.equal('serving at a');
    expect(legendOf('{{job}} {{none}}', { job: 'serving' })).to.equal('serving');
  });

  it('are told when they find nothing, and NaN is nothing', async () => {
    const answers: Readonly<Record<string, readonly number[]>> = { full: [0], nan: [] };
    const prometheus = {
      range: (query: string) =>
        Promise.resolve(
          query in answers
            ? [{ labels: {}, samples: answers[query]!.map((value) => ({ time: 0, value })) }]
            : [],
        ),
    } as unknown as PrometheusClient;
    expect(await emptyQueries(prometheus, [dashboard], { start: 0, end: 60, step: 1 }, 1)).to.deep.equal([
      { dashboard: 'serving', panel: '$model', expr: 'known{namespace=~".+"}' },
      { dashboard: 'serving', panel: 'Duration', expr: 'empty' },
      { dashboard: 'serving', panel: 'Not a number', expr: 'nan' },
    ]);
  });
});
