import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../../bench/report/colours.js';
import {
  curves,
  markLines,
  markNames,
  PLOT_WIDTH,
  secondsAxis,
  type Mark,
  type Point,
} from '../play-plot.js';
import { alertChanges } from './attack-verdict.js';
import type { Moment, Reading } from './moment.js';

const HEIGHT = 110;

const CLIENT_SERIES = 'other clients, five seconds';
const CLIENTS = { [CLIENT_SERIES]: colour('third') };

/** Some seconds of clients that have nothing to do with the attack. */
export interface ClientWindow {
  readonly second: number;
  /** Share that was answered with 200. */
  readonly successRate: number;
  /** Of answered requests; NaN where there is none. */
  readonly p99Ms: number;
}

export interface PlotExtras {
  readonly marks?: readonly Mark[];
  readonly clients?: readonly ClientWindow[];
}

/** Offered against answered load, p99, lag, replicas and the busiest one's CPU, and the state of the alert. */
export function attackPlot(
  moments: readonly Moment[],
  { marks = [], clients = [] }: PlotExtras = {},
): TopLevelSpec {
  const end = Math.ceil(moments.at(-1)?.second ?? 1);
  const x = secondsAxis(end);
  const read = (series: string, value: (reading: Reading) => number | undefined): Point[] =>
    moments.flatMap(({ second, reading }) => {
      const found = reading && value(reading);
      return found === undefined ? [] : [{ second, value: found, series }];
    });
  const names = markNames(marks, x, HEIGHT);
  const rules = markLines(marks, x);
  const panel = (
    title: string,
    colours: Readonly<Record<string, string>>,
    points: readonly Point[],
    more: readonly (typeof names)[] = [],
  ) => ({
    width: PLOT_WIDTH,
    height: HEIGHT,
    layer: [rules, ...more, curves(title, colours, points, x)],
  });
  const changes = alertChanges(moments);
  const states = changes.map(({ second, state }, i) => ({
    second,
    end: changes[i + 1]?.second ?? end,
    state: state,
  }));
  return {
    title: {
      text: 'An attack, and what became of it',
      subtitle: 'Seconds since the first look. What Prometheus says is over a minute, and therefore late.',
    },
    config: { legend: { labelLimit: 0 } },
    resolve: { scale: { color: 'independent' } },
    vconcat: [
      panel(
        'messages/s',
        { offered: colour('limit'), answered: colour('ours') },
        [
          ...moments.map(({ second, offeredRate }) => ({ second, value: offeredRate, series: 'offered' })),
          ...read('answered', ({ scoredRate }) => scoredRate),
        ],
        [names],
      ),
      panel('p99, ms', { 'all predictions': colour('ours'), ...(clients.length > 0 && CLIENTS) }, [
        ...read('all predictions', ({ p99Seconds }) => p99Seconds && p99Seconds * 1_000),
        ...clients.flatMap(({ second, p99Ms: value }) =>
          Number.isNaN(value) ? [] : [{ second, value, series: CLIENT_SERIES }],
        ),
      ]),
      ...(clients.length > 0
        ? [
            panel(
              '% answered',
              CLIENTS,
              clients.map(({ second, successRate }) => ({
                second,
                value: successRate * 100,
                series: CLIENT_SERIES,
              })),
            ),
          ]
        : []),
      panel(
        'messages',
        { lag: colour('second') },
        read('lag', ({ lag }) => lag),
      ),
      panel('replicas', { 'replicas that exist': colour('ours'), 'as many as may be': colour('limit') }, [
        ...read('replicas that exist', ({ replicas }) => replicas),
        ...read('as many as may be', ({ maxReplicas }) => maxReplicas),
      ]),
      panel(
        'share of CPU limit',
        { 'busiest replica': colour('third') },
        read('busiest replica', ({ utilisation }) => utilisation),
      ),
      {
        width: PLOT_WIDTH,
        height: 24,
        layer: [
          {
            data: { values: states },
            mark: { type: 'bar', height: 16 },
            encoding: {
              x: { ...x, title: 'seconds' },
              x2: { field: 'end' },
              color: {
                field: 'state',
                title: 'alert',
                scale: {
                  domain: ['inactive', 'pending', 'firing'],
                  range: [colour('third'), colour('second'), colour('limit')],
                },
              },
            },
          },
        ],
      },
    ],
  };
}
