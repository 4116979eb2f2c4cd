import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../report/colours.js';
import type { Slice } from './measurement.js';

/** One line of a plot: a server at a load. */
export interface Series {
  readonly server: string;
  readonly load: string;
  readonly slices: readonly Slice[];
}

const SERVERS = ['this tier', 'unbounded server'];
const x = { field: 'atSeconds', type: 'quantitative', title: 'seconds', axis: { format: 'd' } } as const;

/** How long those have waited that get through: flat where a server sheds, a ramp where it takes everything. */
export function latencyPlot(series: readonly Series[]): TopLevelSpec {
  const values = series.flatMap(({ server, load, slices }) =>
    slices.map(({ atSeconds, answeredP99Ms }) => ({ server, load, atSeconds, p99Ms: answeredP99Ms })),
  );
  return {
    title: {
      text: 'Latency at capacity and at four times that',
      subtitle: 'p99 of what was answered in each second, from when it was due',
    },
    data: { values },
    width: 560,
    height: 240,
    mark: { type: 'line', strokeWidth: 2, clip: true },
    encoding: {
      x,
      y: {
        field: 'p99Ms',
        type: 'quantitative',
        title: 'p99, milliseconds',
        scale: { type: 'log', nice: true },
        axis: { values: [1, 10, 100, 1_000, 10_000, 100_000], format: ',' },
      },
      color: {
        field: 'server',
        title: null,
        scale: { domain: SERVERS, range: [colour('ours'), colour('limit')] },
      },
      strokeDash: {
        field: 'load',
        title: null,
        scale: {
          range: [
            [1, 0],
            [5, 4],
          ],
        },
        sort: null,
      },
    },
  };
}

/** What became of the requests that were due in each second, under overload. */
export function outcomePlot(series: readonly Series[]): TopLevelSpec {
  const values = series.flatMap(({ server, slices }) =>
    slices.flatMap(({ atSeconds, due: { answered, shed, failed } }) => [
      { server, atSeconds, outcome: 'answered', count: answered, order: 0 },
      { server, atSeconds, outcome: 'told to come back later', count: shed, order: 1 },
      { server, atSeconds, outcome: 'no answer', count: failed, order: 2 },
    ]),
  );
  return {
    title: {
      text: 'What became of the requests at four times the capacity',
      subtitle: 'Requests by the second in which they were due',
    },
    data: { values },
    facet: { column: { field: 'server', title: null, sort: SERVERS } },
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 245,
      height: 180,
      mark: { type: 'area', interpolate: 'step-after' },
      encoding: {
        x,
        y: { field: 'count', type: 'quantitative', stack: 'zero', title: 'requests a second' },
        order: { field: 'order' },
        color: {
          field: 'outcome',
          title: null,
          legend: { labelLimit: 0 },
          scale: {
            domain: ['answered', 'told to come back later', 'no answer'],
            range: [colour('ours'), colour('theirs'), colour('limit')],
          },
        },
      },
    },
  };
}

/** p99 of the clients that keep to their share, alone and beside a flood. */
export function fairnessPlot(series: readonly Series[]): TopLevelSpec {
  const values = series.flatMap(({ server, load, slices }) =>
    slices.map(({ atSeconds, answeredP99Ms }) => ({ server, load, atSeconds, p99Ms: answeredP99Ms })),
  );
  return {
    title: {
      text: 'The others while one client floods',
      subtitle:
        'p99 of clients that together ask for 40 % of the capacity; the flood is four times the capacity',
    },
    data: { values },
    facet: { column: { field: 'server', title: null, sort: SERVERS } },
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 245,
      height: 180,
      mark: { type: 'line', strokeWidth: 2, clip: true },
      encoding: {
        x,
        y: { field: 'p99Ms', type: 'quantitative', title: 'p99, milliseconds', scale: { zero: true } },
        color: {
          field: 'load',
          title: null,
          scale: { domain: ['alone', 'beside the flood'], range: [colour('ours'), colour('limit')] },
        },
      },
    },
  };
}
