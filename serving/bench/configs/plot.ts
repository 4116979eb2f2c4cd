import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../report/colours.js';
import type { Answer } from './advice.js';

/** CPU a row of every choice, by question and load. */
export function configsPlot(
  questions: readonly { readonly title: string; readonly answers: readonly Answer[] }[],
): TopLevelSpec {
  return {
    title: {
      text: 'Requests a second, by setting',
      subtitle: 'Clients that ask again as soon as they are answered',
    },
    vconcat: questions.map(({ title, answers }) => ({
      title: { text: title, fontSize: 12, fontWeight: 'normal' },
      hconcat: [...new Set(answers.map(({ load }) => load))].map((load, i) => ({
        width: 200,
        height: { step: 18 },
        data: {
          values: answers
            .filter((answer) => answer.load === load)
            .map(({ choice, sample }) => ({
              choice,
              requests: sample.requestsPerSecond,
              label: Math.round(sample.requestsPerSecond).toLocaleString('en-US'),
            })),
        },
        encoding: {
          y: {
            field: 'choice',
            type: 'nominal',
            sort: null,
            title: null,
            axis: i === 0 ? { labelLimit: 0, ticks: false } : null,
          },
          x: {
            field: 'requests',
            type: 'quantitative',
            title: load,
            axis: { tickCount: 3, format: '~s', grid: false },
          },
        },
        layer: [
          { mark: { type: 'bar', color: colour('ours'), height: { band: 0.7 } } },
          {
            mark: { type: 'text', align: 'left', dx: 4, color: colour('ink'), fontSize: 11 },
            encoding: { text: { field: 'label' } },
          },
        ],
      })),
    })),
  };
}
