import type { TopLevelSpec } from 'vega-lite';
import { windowsOf } from '../load/generator/analysis.js';
import type { Samples } from '../load/generator/plan.js';
import { colour } from '../report/colours.js';
import type { Window } from '../load/generator/analysis.js';

const BUCKET_MS = 100;
/** Below, a plot of tenths of seconds would be noise. */
const FLOOR_MS = 0.5;

/** The longest answer of each tenth of a second, by stream; shaded while something large was going on. */
export function blockingPlot(
  streams: readonly Samples[],
  disturbances: readonly { readonly name: string; readonly window: Window }[],
  durationMs: number,
  limitMs: number,
): TopLevelSpec {
  const values = streams.flatMap(({ name, dueMs, latencyMs }) => {
    const longest = windowsOf(durationMs, BUCKET_MS).map(() => Number.NaN);
    dueMs.forEach((due, i) => {
      const bucket = Math.floor(due / BUCKET_MS);
      const known = longest[bucket];
      if (known !== undefined)
        longest[bucket] = Math.max(FLOOR_MS, Number.isNaN(known) ? 0 : known, latencyMs[i]!);
    });
    return longest.map((ms, i) => ({ name, atSeconds: (i * BUCKET_MS) / 1_000, ms }));
  });
  const shades = disturbances.map(({ name, window }) => ({
    what: name,
    from: window.fromMs / 1_000,
    to: window.toMs / 1_000,
  }));
  const kinds = [...new Set(shades.map(({ what }) => what))];
  const shadeColours = [colour('second'), colour('third'), colour('theirs')];
  return {
    title: {
      text: 'Small requests and probes beside large work',
      subtitle: 'The longest answer in each tenth of a second. Dashed: what is promised',
    },
    vconcat: streams.map((stream) => ({
      width: 620,
      height: 140,
      title: { text: stream.name, fontSize: 12, fontWeight: 'normal' },
      layer: [
        {
          data: { values: shades },
          mark: { type: 'rect', opacity: 0.35 },
          encoding: {
            x: { field: 'from', type: 'quantitative', title: 'seconds', axis: { format: 'd' } },
            x2: { field: 'to' },
            color: {
              field: 'what',
              title: null,
              scale: { domain: kinds, range: shadeColours },
              legend: { labelLimit: 0, direction: 'vertical' },
            },
          },
        },
        {
          data: { values: values.filter(({ name }) => name === stream.name) },
          mark: { type: 'line', color: colour('ours'), strokeWidth: 1.2 },
          encoding: {
            x: { field: 'atSeconds', type: 'quantitative' },
            y: {
              field: 'ms',
              type: 'quantitative',
              title: 'milliseconds',
              scale: { type: 'log', domainMin: FLOOR_MS, nice: true },
              axis: { values: [1, 10, 100, 1_000, 10_000], format: ',' },
            },
          },
        },
        {
          data: { values: [{ limitMs }] },
          mark: { type: 'rule', color: colour('limit'), strokeDash: [5, 4] },
          encoding: { y: { field: 'limitMs', type: 'quantitative' } },
        },
      ],
    })),
  };
}
