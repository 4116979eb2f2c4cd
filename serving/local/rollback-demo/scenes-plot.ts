import type { TopLevelSpec } from 'vega-lite';
import { colour } from '../../bench/report/colours.js';
import { markLines, markNames, PLOT_WIDTH, secondsAxis } from '../play-plot.js';
import type { Scene } from './scene.js';

const HEIGHT = 140;
const WINDOW_SECONDS = 1;

const BEFORE = 'answered by the champion before';
const NEW = 'answered by the new version';
const FAILED = 'failed';
const SERIES = { [BEFORE]: colour('ours'), [NEW]: colour('second'), [FAILED]: colour('limit') };

/** Answers a second of one scene. */
export interface AnswerWindow {
  readonly second: number;
  readonly series: string;
  /** Where it stands in a pile. */
  readonly rank: number;
  readonly perSecond: number;
}

/** Who answered, in windows of a second; the last one is left out, since it is not over. */
export function answerWindows({
  before,
  version,
  startedAt,
  endedAt,
  requests,
}: Omit<Scene, 'title' | 'marks'>): readonly AnswerWindow[] {
  const windows = Math.floor((endedAt - startedAt) / 1_000 / WINDOW_SECONDS);
  const counts = new Map<string, number[]>(
    Object.keys(SERIES).map((series) => [series, Array.from({ length: windows }, () => 0)]),
  );
  for (const { at, ms, failure, version: answeredBy } of requests) {
    const window = Math.floor((at + ms - startedAt) / 1_000 / WINDOW_SECONDS);
    const series =
      failure !== undefined
        ? FAILED
        : answeredBy === version
          ? NEW
          : answeredBy === before
            ? BEFORE
            : undefined;
    const of = series === undefined ? undefined : counts.get(series);
    if (of?.[window] !== undefined) of[window] += 1;
  }
  return [...counts].flatMap(([series, of], rank) =>
    of.map((count, window) => ({
      second: window * WINDOW_SECONDS,
      series,
      rank,
      perSecond: count / WINDOW_SECONDS,
    })),
  );
}

/** A panel a scene, each with its own seconds: which version answered, what failed, and the moments. */
export function scenesPlot(scenes: readonly Scene[]): TopLevelSpec {
  return {
    title: {
      text: 'Versions that met live traffic (simulated clients)',
      subtitle:
        'Answers a second of all clients, by the version that gave them; failed requests would be red. Seconds of each scene.',
    },
    config: { legend: { labelLimit: 0 } },
    vconcat: scenes.map(panel),
  };
}

function panel(scene: Scene) {
  const windows = answerWindows(scene);
  const x = secondsAxis(Math.floor((scene.endedAt - scene.startedAt) / 1_000));
  const most = Math.max(1, ...totals(windows));
  return {
    title: {
      text: scene.title,
      anchor: 'start' as const,
      fontSize: 12,
      fontWeight: 'normal' as const,
      offset: 6,
    },
    width: PLOT_WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values: [...windows] },
        mark: { type: 'area' as const, interpolate: 'step-after' as const, opacity: 0.8 },
        encoding: {
          x,
          y: {
            field: 'perSecond',
            type: 'quantitative' as const,
            stack: 'zero' as const,
            title: 'answers/s',
            // The upper half is for the names of the moments.
            scale: { domain: [0, 2 * most], nice: false },
            axis: { values: [0, Math.round(most / 2), most] },
          },
          color: {
            field: 'series',
            title: null,
            scale: { domain: Object.keys(SERIES), range: Object.values(SERIES) },
            legend: { orient: 'bottom' as const, direction: 'horizontal' as const },
          },
          order: { field: 'rank' },
        },
      },
      markLines(scene.marks, x),
      markNames(scene.marks, x, 0),
    ],
  };
}

/** Of each window, whatever became of it. */
function totals(windows: readonly AnswerWindow[]): number[] {
  const bySecond = new Map<number, number>();
  for (const { second, perSecond } of windows) {
    bySecond.set(second, (bySecond.get(second) ?? 0) + perSecond);
  }
  return [...bySecond.values()];
}
