import { colour } from '../bench/report/colours.js';

/** What the plots of plays and scenarios have in common: seconds from left to right, marked moments, panels of curves. */
export const PLOT_WIDTH = 640;

/** A moment worth a line through all panels. */
export interface Mark {
  /** Since the beginning of the plot. */
  readonly second: number;
  readonly text: string;
}

/** A point of a curve; null breaks it. */
export interface Point {
  readonly second: number;
  readonly value: number | null;
  readonly series: string;
}

export function secondsAxis(end: number) {
  return {
    field: 'second',
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [0, end], nice: false },
  };
}

type SecondsAxis = ReturnType<typeof secondsAxis>;

/** A dashed line at each mark. */
export function markLines(marks: readonly Mark[], x: SecondsAxis) {
  return {
    data: { values: [...marks] },
    mark: { type: 'rule' as const, color: colour('theirs'), strokeDash: [3, 3] },
    encoding: { x },
  };
}

/** What each mark is, along its line, in a panel of this height. */
export function markNames(marks: readonly Mark[], x: SecondsAxis, height: number) {
  return {
    data: { values: [...marks] },
    mark: {
      type: 'text' as const,
      angle: 270,
      align: 'left' as const,
      dx: -height / 2 + 4,
      dy: -6,
      color: colour('muted'),
    },
    encoding: { x, text: { field: 'text' } },
  };
}

/** A line for each series, in the colour that it has here. */
export function curves(
  title: string,
  colours: Readonly<Record<string, string>>,
  points: readonly Point[],
  x: SecondsAxis,
  step = false,
) {
  return {
    data: { values: [...points] },
    mark: { type: 'line' as const, strokeWidth: 2, ...(step && { interpolate: 'step-after' as const }) },
    encoding: {
      x,
      y: { field: 'value', type: 'quantitative' as const, title, scale: { zero: true } },
      color: {
        field: 'series',
        title: null,
        scale: { domain: Object.keys(colours), range: Object.values(colours) },
      },
    },
  };
}
