import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../report/colours.js';

/** A stretch of the run with swaps or without. */
export interface Stretch {
  readonly kind: 'steady' | 'swapping';
  /** Swaps done when it ended. */
  readonly swaps: number;
  readonly p99Ms: number;
}

/** Memory after each swap, and p99 of the stretches with and without swaps. */
export function soakPlot(
  rssBytes: readonly number[],
  warmUpSwaps: number,
  stretches: readonly Stretch[],
): TopLevelSpec {
  const x = { field: 'swap', type: 'quantitative', title: 'swaps', axis: { format: 'd' } } as const;
  const memory = rssBytes.map((bytes, i) => ({ swap: i + 1, mebibytes: bytes / 1024 ** 2 }));
  const settled = memory.slice(warmUpSwaps);
  return {
    title: {
      text: 'Swapping the champion under load',
      subtitle:
        'Above: resident memory after each swap, and its slope after warm-up. Below: p99 in turn with and without swaps',
    },
    vconcat: [
      {
        width: 560,
        height: 160,
        layer: [
          {
            data: { values: memory },
            mark: { type: 'line', color: colour('ours'), strokeWidth: 1.5 },
            encoding: {
              x,
              y: { field: 'mebibytes', type: 'quantitative', title: 'MiB', scale: { zero: true } },
            },
          },
          {
            data: { values: settled },
            transform: [{ regression: 'mebibytes', on: 'swap' }],
            mark: { type: 'line', color: colour('limit'), strokeWidth: 1.5, strokeDash: [5, 4] },
            encoding: { x, y: { field: 'mebibytes', type: 'quantitative' } },
          },
        ],
      },
      {
        width: 560,
        height: 160,
        data: { values: stretches.map(({ kind, swaps, p99Ms }) => ({ kind, swap: swaps, p99Ms })) },
        mark: { type: 'line', point: true, strokeWidth: 2 },
        encoding: {
          x,
          y: { field: 'p99Ms', type: 'quantitative', title: 'p99, milliseconds', scale: { zero: true } },
          color: {
            field: 'kind',
            title: null,
            scale: { domain: ['steady', 'swapping'], range: [colour('theirs'), colour('ours')] },
          },
        },
      },
    ],
  };
}
