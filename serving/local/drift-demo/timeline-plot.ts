import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../../bench/report/colours.js';
import { markLines, PLOT_WIDTH, secondsAxis } from '../play-plot.js';
import type { Timeline } from './timeline.js';

/** Drift, realised quality and the version that answered, over the seconds of the play. */
export function timelinePlot({ moments, marks }: Pick<Timeline, 'moments' | 'marks'>): TopLevelSpec {
  const end = Math.ceil(moments.at(-1)?.second ?? 1);
  const x = secondsAxis(end);
  const acts = markLines(
    marks.map(({ second, text }) => ({ second, text })),
    x,
  );
  const series = (field: 'psi' | 'auc' | 'defaultRate'): { second: number; value: number }[] =>
    moments.flatMap((moment) => {
      const value = moment[field];
      return value === undefined ? [] : [{ second: moment.second, value }];
    });
  const versions = moments.flatMap(({ second, version }) =>
    version === undefined ? [] : [{ second, end: second + 1.5, version: `version ${version}` }],
  );
  return {
    title: {
      text: 'The population changes, and the model after it (simulated rows)',
      subtitle: [
        'Above: population stability index of the feature that has moved most, and the limit of 0.25.',
        'Middle: AUC of the predictions whose outcomes came last. Below: which version answered. Seconds of the play.',
      ],
    },
    vconcat: [
      {
        width: PLOT_WIDTH,
        height: 130,
        layer: [
          acts,
          {
            data: { values: marks.map(({ second, text }) => ({ second, text })) },
            mark: {
              type: 'text',
              align: 'left',
              baseline: 'bottom',
              dx: 3,
              y: -2,
              color: colour('muted'),
              fontSize: 11,
            },
            encoding: { x, text: { field: 'text' } },
          },
          {
            data: { values: [{ limit: 0.25 }] },
            mark: { type: 'rule', color: colour('limit'), strokeDash: [5, 4] },
            encoding: { y: { field: 'limit', type: 'quantitative' } },
          },
          {
            data: { values: series('psi') },
            mark: { type: 'line', color: colour('second'), strokeWidth: 2 },
            encoding: {
              x,
              y: { field: 'value', type: 'quantitative', title: 'PSI', scale: { zero: true } },
            },
          },
        ],
      },
      {
        width: PLOT_WIDTH,
        height: 130,
        layer: [
          acts,
          {
            data: { values: series('auc') },
            mark: { type: 'line', color: colour('ours'), strokeWidth: 2 },
            encoding: {
              x,
              y: { field: 'value', type: 'quantitative', title: 'realised AUC', scale: { zero: false } },
            },
          },
        ],
      },
      {
        width: PLOT_WIDTH,
        height: 30,
        layer: [
          {
            data: { values: versions },
            mark: { type: 'bar', height: 18 },
            encoding: {
              x: { ...x, title: 'seconds' },
              x2: { field: 'end' },
              color: {
                field: 'version',
                title: null,
                scale: { range: [colour('theirs'), colour('third')] },
              },
            },
          },
        ],
      },
    ],
  };
}
