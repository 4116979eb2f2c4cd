import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../../bench/report/colours.js';
import type { ClientWindow } from '../attack/attack-plot.js';
import { alertChanges } from '../attack/attack-verdict.js';
import type { Moment } from '../attack/moment.js';
import { markLines, PLOT_WIDTH, secondsAxis, type Mark } from '../play-plot.js';

const HEIGHT = 130;
const STATES = { pending: colour('second'), firing: colour('limit') };

/** What the attack is to other clients: three curves of one time, on the ground of the alert's state. */
export function clientPlot(
  moments: readonly Moment[],
  clients: readonly ClientWindow[],
  marks: readonly Mark[],
): TopLevelSpec {
  const end = Math.ceil(moments.at(-1)?.second ?? 1);
  const x = secondsAxis(end);
  const changes = alertChanges(moments);
  const states = changes
    .map(({ second, state }, i) => ({ second, end: changes[i + 1]?.second ?? end, state }))
    .filter(({ state }) => state !== 'inactive');
  const ground = {
    data: { values: states },
    mark: { type: 'rect' as const, opacity: 0.18 },
    encoding: {
      x,
      x2: { field: 'end' },
      fill: {
        field: 'state',
        title: 'alert',
        scale: { domain: Object.keys(STATES), range: Object.values(STATES) },
      },
    },
  };
  const rules = markLines(marks, x);
  const curve = (
    title: string,
    values: readonly { readonly second: number; readonly value: number }[],
    { color, step = false }: { color: string; step?: boolean },
  ) => ({
    data: { values: [...values] },
    mark: {
      type: 'line' as const,
      strokeWidth: 2,
      color,
      interpolate: step ? ('step-after' as const) : ('linear' as const),
    },
    encoding: {
      x,
      y: {
        field: 'value',
        type: 'quantitative' as const,
        title,
        scale: { zero: true },
      },
    },
  });
  const counted = (value: (moment: Moment) => number | undefined) =>
    moments.flatMap((moment) => {
      const found = value(moment);
      return found === undefined ? [] : [{ second: moment.second, value: found }];
    });
  const most = Math.max(1, ...counted(({ reading }) => reading?.maxReplicas).map(({ value }) => value));
  const ceiling = curve(
    'replicas',
    [0, end].map((second) => ({ second, value: most })),
    {
      color: colour('limit'),
    },
  );
  const panel = (...layer: readonly ReturnType<typeof curve>[]) => ({
    width: PLOT_WIDTH,
    height: HEIGHT,
    layer: [ground, rules, ...layer],
  });
  return {
    title: {
      text: 'Other clients while a stream is attacked',
      subtitle: `Windows of five seconds; the ground is the state of the alert, dashed is: ${marks.map(({ text }) => text).join(', ')}. Seconds since the first look.`,
    },
    config: { legend: { labelLimit: 0 } },
    vconcat: [
      panel(
        curve(
          '% answered',
          clients.map(({ second, successRate }) => ({ second, value: successRate * 100 })),
          { color: colour('third') },
        ),
      ),
      panel(
        curve(
          'p99, ms',
          clients.flatMap(({ second, p99Ms: value }) => (Number.isNaN(value) ? [] : [{ second, value }])),
          { color: colour('ours') },
        ),
      ),
      panel(
        ceiling,
        curve(
          'replicas',
          counted(({ reading }) => reading?.replicas),
          { color: colour('ink'), step: true },
        ),
      ),
    ],
  };
}
