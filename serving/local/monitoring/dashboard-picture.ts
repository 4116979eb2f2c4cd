import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../../bench/report/colours.js';
import type { DashboardPanel } from './dashboard-queries.js';
import type { TimeRange } from '../../src/prometheus/prometheus-client.js';

const WIDTH = 380;
const HEIGHT = 130;
/** Of numbers and title, whatever they are: charts stand in columns. */
const AXIS_WIDTH = 56;
/** Charts beside each other. */
const COLUMNS = 2;
/** What of names fits beside each other below a chart. */
const LEGEND_CHARACTERS = 48;
/** More lines than this are a tangle: the highest are drawn and the rest is counted in the title. */
const MOST_LINES = 6;
const PALETTE = [
  colour('ours'),
  colour('second'),
  colour('third'),
  colour('ink'),
  colour('theirs'),
  colour('muted'),
];

type ChartSpec = Extract<TopLevelSpec, { concat: unknown }>['concat'][number];

/** A line of a chart, under the name of its legend. */
export interface Line {
  readonly name: string;
  readonly samples: readonly { readonly time: number; readonly value: number }[];
}

/** A panel and what Prometheus answered to its queries. */
export interface DrawnPanel {
  readonly panel: DashboardPanel;
  readonly lines: readonly Line[];
}

/** Grafana's units as an axis says them, and the numbers on it (d3-format). */
const UNITS: Readonly<Record<string, { readonly title: string; readonly format: string }>> = {
  s: { title: 'seconds', format: '~g' },
  percentunit: { title: 'share', format: '~%' },
  reqps: { title: 'requests a second', format: '~s' },
  mps: { title: 'messages a second', format: '~s' },
  rowsps: { title: 'rows a second', format: '~s' },
  short: { title: '', format: '~s' },
  none: { title: '', format: '~g' },
};

/** Panels of one dashboard over time, as one picture. */
export function dashboardPicture(
  title: string,
  subtitle: string,
  panels: readonly DrawnPanel[],
  range: Pick<TimeRange, 'start' | 'end'>,
): TopLevelSpec {
  return {
    title: { text: title, subtitle, offset: 18 },
    columns: COLUMNS,
    concat: panels.map((panel) => chart(panel, range)),
    resolve: { scale: { color: 'independent' } },
    spacing: { column: 30, row: 28 },
  };
}

function chart({ panel, lines }: DrawnPanel, range: Pick<TimeRange, 'start' | 'end'>): ChartSpec {
  const drawn = [...lines]
    .sort((a, b) => highest(b) - highest(a))
    .slice(0, MOST_LINES)
    // One name has one colour in charts of the same lines.
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const left = lines.length - drawn.length;
  const longest = drawn.reduce((most, { name }) => Math.max(most, name.length), 1);
  const { title, format } = UNITS[panel.unit] ?? { title: panel.unit, format: '~s' };
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    title: title || null,
    axis: { format, tickCount: 4, minExtent: AXIS_WIDTH },
    // Nothing but zeros spans no axis.
    scale: {
      zero: true,
      ...(panel.limit === undefined && drawn.every(isFlat) && { domainMax: 1 }),
    },
  };
  return {
    title: {
      text: left > 0 ? `${panel.title} (and ${left} lower ones)` : panel.title,
      fontSize: 13,
      anchor: 'start',
      frame: 'group',
      offset: 8,
    },
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: {
          values: drawn.flatMap(({ name, samples }) =>
            samples.map(({ time, value }) => ({ time: time * 1_000, value, name })),
          ),
        },
        mark: { type: 'line' as const, strokeWidth: 1.6 },
        encoding: {
          x: {
            field: 'time',
            type: 'temporal',
            // The same for all: what happened at once stands below each other.
            scale: { type: 'utc', domain: [range.start * 1_000, range.end * 1_000], nice: false },
            title: null,
            axis: { format: '%H:%M:%S', tickCount: 4, grid: false },
          },
          y,
          color: {
            field: 'name',
            type: 'nominal',
            title: null,
            sort: drawn.map(({ name }) => name),
            scale: { domain: drawn.map(({ name }) => name), range: PALETTE.slice(0, drawn.length) },
            legend: {
              orient: 'bottom',
              columns: Math.max(1, Math.floor(LEGEND_CHARACTERS / longest)),
              labelLimit: WIDTH,
              labelFontSize: 11,
              symbolType: 'stroke',
            },
          },
        },
      },
      ...(panel.limit === undefined
        ? []
        : [
            {
              data: { values: [{ value: panel.limit }] },
              mark: { type: 'rule' as const, color: colour('limit'), strokeDash: [5, 4] },
              encoding: { y },
            },
          ]),
    ],
  };
}

/** Nothing but zeros. */
const isFlat = ({ samples }: Line): boolean => samples.every(({ value }) => value === 0);

const highest = ({ samples }: Line): number =>
  samples.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
