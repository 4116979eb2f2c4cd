import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../../bench/report/colours.js';
import { alertChanges } from './attack-verdict.js';
import type { Moment, Reading } from './moment.js';

const WIDTH = 640;
const HEIGHT = 110;

interface Point {
  readonly second: number;
  readonly value: number;
  readonly series: string;
}

/** A moment worth a line through all panels. */
export interface Mark {
  readonly second: number;
  readonly text: string;
}

/** Offered against answered load, p99, lag, replicas and the busiest one's CPU, and the state of the alert. */
export function attackPlot(moments: readonly Moment[], marks: readonly Mark[] = []): TopLevelSpec {
  const end = Math.ceil(moments.at(-1)?.second ?? 1);
  const x = {
    field: 'second',
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [0, end], nice: false },
  };
  const read = (series: string, value: (reading: Reading) => number | undefined): Point[] =>
    moments.flatMap(({ second, reading }) => {
      const found = reading && value(reading);
      return found === undefined ? [] : [{ second, value: found, series }];
    });
  const rules = {
    data: { values: [...marks] },
    mark: { type: 'rule' as const, color: colour('theirs'), strokeDash: [3, 3] },
    encoding: { x },
  };
  const panel = (title: string, colours: Readonly<Record<string, string>>, points: readonly Point[]) => ({
    width: WIDTH,
    height: HEIGHT,
    layer: [
      rules,
      {
        data: { values: [...points] },
        mark: { type: 'line' as const, strokeWidth: 2 },
        encoding: {
          x,
          y: { field: 'value', type: 'quantitative' as const, title, scale: { zero: true } },
          color: {
            field: 'series',
            title: null,
            scale: { domain: Object.keys(colours), range: Object.values(colours) },
          },
        },
      },
    ],
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
      subtitle: 'Seconds since its start. What Prometheus says is over a minute, and therefore late.',
    },
    resolve: { scale: { color: 'independent' } },
    vconcat: [
      panel('messages/s', { offered: colour('limit'), answered: colour('ours') }, [
        ...moments.map(({ second, offeredRate }) => ({ second, value: offeredRate, series: 'offered' })),
        ...read('answered', ({ scoredRate }) => scoredRate),
      ]),
      panel(
        'p99, ms',
        { 'p99 of predictions': colour('ours') },
        read('p99 of predictions', ({ p99Seconds }) => p99Seconds && p99Seconds * 1_000),
      ),
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
        width: WIDTH,
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
